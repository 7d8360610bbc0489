//! The attribute of `wasmforge-sdk`. Use it through that crate, which documents it.

use proc_macro::TokenStream;
use proc_macro2::TokenStream as Tokens;
use quote::quote;
use syn::{ItemFn, LitStr, Path, parse_macro_input, parse_quote};

/// Makes a function the handler of this component: it answers every request.
///
/// ```ignore
/// #[wasmforge::handler]
/// async fn main(request: Request) -> Result<Response> { … }
/// ```
///
/// - The function may be `async` or not, and takes the request or nothing.
/// - It returns anything that implements `IntoResponse`, or a `Result` of that and an error.
/// - There is one handler in a crate.
///
/// The attribute expects the SDK under the name `wasmforge`, as in
/// `wasmforge = { package = "wasmforge-sdk", … }`. Where it has another name, say so:
/// `#[wasmforge_sdk::handler(crate = "wasmforge_sdk")]`.
///
/// Off `wasm32` the function stays what it is, so that tests on the host can call it.
#[proc_macro_attribute]
pub fn handler(options: TokenStream, item: TokenStream) -> TokenStream {
    let mut sdk: Path = parse_quote!(::wasmforge);
    let parser = syn::meta::parser(|option| {
        if option.path.is_ident("crate") {
            sdk = option.value()?.parse::<LitStr>()?.parse()?;
            return Ok(());
        }
        Err(option.error("the only option is `crate = \"path::to::sdk\"`"))
    });
    parse_macro_input!(options with parser);
    let function = parse_macro_input!(item as ItemFn);
    expand(&sdk, &function).unwrap_or_else(syn::Error::into_compile_error).into()
}

fn expand(sdk: &Path, function: &ItemFn) -> syn::Result<Tokens> {
    let signature = &function.sig;
    if !signature.generics.params.is_empty() {
        return Err(syn::Error::new_spanned(&signature.generics, "a handler has no type parameters"));
    }
    if let Some(second) = signature.inputs.iter().nth(1) {
        return Err(syn::Error::new_spanned(second, "a handler takes one request and nothing else"));
    }
    let name = &signature.ident;
    let call = match (signature.inputs.is_empty(), signature.asyncness.is_some()) {
        (false, true) => quote!(#name),
        (true, true) => quote!(|_| #name()),
        (false, false) => quote!(|request| ::core::future::ready(#name(request))),
        (true, false) => quote!(|_| ::core::future::ready(#name())),
    };
    Ok(quote! {
        #[cfg_attr(not(target_arch = "wasm32"), allow(dead_code))]
        #function

        #[cfg(target_arch = "wasm32")]
        const _: () = {
            struct Function;

            impl #sdk::__private::Guest for Function {
                fn handle(
                    request: #sdk::__private::IncomingRequest,
                    out: #sdk::__private::ResponseOutparam,
                ) {
                    #sdk::__private::serve(request, out, #call)
                }
            }

            #sdk::__private::export!(Function with_types_in #sdk::__private::wasip2);
        };
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn expanded(source: &str) -> syn::Result<String> {
        let function: ItemFn = syn::parse_str(source)?;
        Ok(expand(&parse_quote!(::wasmforge), &function)?.to_string().replace(' ', ""))
    }

    #[test]
    fn every_allowed_signature_is_called_as_it_is_written() {
        let calls = [
            ("async fn main(req: Request) -> R {}", "serve(request,out,main)"),
            ("async fn main() -> R {}", "serve(request,out,|_|main())"),
            (
                "fn main(req: Request) -> R {}",
                "serve(request,out,|request|::core::future::ready(main(request)))",
            ),
            ("fn main() -> R {}", "serve(request,out,|_|::core::future::ready(main()))"),
        ];
        for (source, call) in calls {
            let code = expanded(source).unwrap();
            assert!(code.contains(call), "{source}: {code}");
        }
    }

    #[test]
    fn a_signature_that_cannot_be_called_is_refused_with_the_reason() {
        let error = expanded("async fn main(a: Request, b: u8) -> R {}").unwrap_err();
        assert_eq!(error.to_string(), "a handler takes one request and nothing else");
        let error = expanded("async fn main<T>(a: T) -> R {}").unwrap_err();
        assert_eq!(error.to_string(), "a handler has no type parameters");
    }
}
