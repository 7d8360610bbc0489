use super::*;
use crate::config::{Config, Variables};

fn offered() -> Capabilities {
    let config = Config::from_variables(&Variables::from_iter([])).unwrap();
    crate::server::capabilities(crate::server::Platform::alone(&config, Default::default())).unwrap()
}

fn create(body: Value) -> Result<CreateRequest, ApiError> {
    parse_create(body.as_object().cloned().unwrap(), 8, &offered())
}

/// The paths of the issues in an error's message.
fn faulty(error: &ApiError) -> Vec<String> {
    let error = format!("{error:?}");
    ["name", "slug", "status", "code", "module", "description", "limits", "capabilities", "auth"]
        .iter()
        .filter(|field| error.contains(&format!(r#"\"path\":[\"{field}\"]"#)))
        .map(|field| (*field).to_owned())
        .collect()
}

#[test]
fn a_minimal_function_is_active_and_named_after_itself() {
    let request = create(json!({"name": "My  First\tFn", "code": "x"})).unwrap();
    assert_eq!(request.slug, "my-first-fn");
    assert_eq!(request.status, FunctionStatus::Active);
    assert_eq!(request.code, Submitted::Source("x".into()));
    assert_eq!(create(json!({"name": "Hello!", "code": "x"})).unwrap().slug, "hello!");
}

#[test]
fn all_faults_are_told_at_once() {
    let error = create(json!({"slug": "a/b", "status": "error", "description": 1, "limits": {"wall": 1}}));
    assert_eq!(faulty(&error.unwrap_err()), ["name", "slug", "status", "code", "description", "limits"]);
    let error = create(json!({"name": "", "code": null, "capabilities": [], "auth": "admin"}));
    assert_eq!(faulty(&error.unwrap_err()), ["name", "code", "capabilities", "auth"]);
}

#[test]
fn the_reserved_name_is_refused_given_or_derived() {
    let given = create(json!({"name": "n", "slug": "Health", "code": "x"})).unwrap_err();
    assert!(format!("{given:?}").contains("INVALID_INPUT"), "{given:?}");
    let derived = create(json!({"name": "HEALTH", "code": "x"})).unwrap_err();
    assert!(format!("{derived:?}").contains("FUNCTION_SLUG_RESERVED"), "{derived:?}");
    assert!(create(json!({"name": "info", "code": "x"})).is_ok());
}

#[test]
fn source_must_not_start_its_own_server() {
    for code in ["Deno.serve(f)", "// Deno.serve\n\t(f)", "Deno.serve; Deno.serve (f)"] {
        assert!(create(json!({"name": "n", "code": code})).is_err(), "{code}");
    }
    for code in ["Deno.server(f)", "Deno.serve", "deno.serve(f)"] {
        assert!(create(json!({"name": "n", "code": code})).is_ok(), "{code}");
    }
}

#[test]
fn a_module_is_base64_with_or_without_padding_and_not_too_large() {
    for text in ["AGFzbQ==", "AGFzbQ"] {
        let request = create(json!({"name": "n", "module": text})).unwrap();
        assert_eq!(request.code, Submitted::Module(Bytes::from_static(b"\0asm")));
    }
    let error = create(json!({"name": "n", "module": "AGFz bQ=="})).unwrap_err();
    assert_eq!(faulty(&error), ["module"]);
    let error = create(json!({"name": "n", "module": "AAAA", "code": "x"})).unwrap_err();
    assert_eq!(faulty(&error), ["module"]);
    let error = create(json!({"name": "n", "module": "AAAAAAAAAAAA"})).unwrap_err();
    assert!(format!("{error:?}").contains("MODULE_TOO_LARGE"), "{error:?}");
}

#[test]
fn a_nul_is_refused_before_the_database_sees_it() {
    assert_eq!(faulty(&create(json!({"name": "a\0b", "code": "\0"})).unwrap_err()), ["name", "code"]);
}

#[test]
fn null_returns_a_setting_to_its_default_and_absence_leaves_it() {
    let body = json!({"limits": null, "auth": null, "capabilities": {"http": {"hosts": ["example.com"]}}});
    let request = parse_update(body.as_object().cloned().unwrap(), 8, &offered()).unwrap();
    assert_eq!(request.settings.limits, Some(None));
    assert_eq!(request.settings.auth, Some(AuthPolicy::Public));
    assert!(matches!(request.settings.capabilities, Some(Some(_))));
    let nothing = parse_update(Map::new(), 8, &offered()).unwrap();
    assert!(nothing.settings.is_empty() && nothing.code.is_none() && nothing.name.is_none());
}
