//! `/functions/{slug}`, which no router serves: what invokes functions stands before it.

use utoipa::Path;
use utoipa::openapi::OpenApi;

/// Adds the route of functions.
pub(super) fn describe(document: &mut OpenApi) {
    document.paths.add_path_operation(
        __path_invoke::path(),
        __path_invoke::methods(),
        __path_invoke::operation(),
    );
}

/// Invokes a function
///
/// Headers and bodies pass as they are, streamed. What the function answers is its own; what the runtime answers in its
/// place is JSON with `error` and `code`.
#[utoipa::path(
    method(get, head, post, put, patch, delete), path = "/functions/{slug}", tag = "invocation",
    params(
        ("slug" = String, Path, pattern = "^[a-zA-Z0-9_-]+$"),
        ("x-wasmforge-sticky" = Option<String>, Header,
            description = "Tells the caller apart where two versions share the requests"),
        ("x-wasmforge-version" = Option<i64>, Header, minimum = 1,
            description = "The version to run; only for administrators"),
    ),
    responses(
        (status = "default", description = "What the function answers"),
        (status = 404, description = "No such function, or not active"),
    )
)]
#[expect(dead_code, reason = "it describes what another service serves")]
fn invoke() {}
