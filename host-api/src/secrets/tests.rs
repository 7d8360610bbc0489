use super::*;
use zeroize::Zeroizing;

fn secret(name: &str, reserved: bool) -> Secret {
    Secret { name: name.to_owned(), value: Zeroizing::new(format!("value of {name}")), reserved }
}

fn granted(grant: &str) -> Vec<String> {
    names(serde_json::from_str(grant).unwrap())
}

fn names(grant: SecretsGrant) -> Vec<String> {
    let secrets = [
        secret("MINE", false),
        secret("API_KEY", true),
        secret("ANON_KEY", true),
        secret("INSFORGE_BASE_URL", true),
        secret("STRIPE_KEY", true),
        secret("JWT_SECRET", true),
        secret("JWT_PRIVATE_KEY", false),
        secret("A=B", false),
        secret("", false),
    ];
    let current = Arc::new(ArcSwap::from_pointee(SecretSet::new(secrets.into())));
    let environment = Secrets::new(current).configure(grant).unwrap().environment();
    environment.iter().map(|(name, _)| name.to_owned()).collect()
}

#[test]
fn a_function_sees_what_insforges_functions_rely_on() {
    assert_eq!(names(SecretsGrant::default()), ["ANON_KEY", "API_KEY", "INSFORGE_BASE_URL", "MINE"]);
    assert_eq!(granted("\"all\""), ["ANON_KEY", "API_KEY", "INSFORGE_BASE_URL", "MINE", "STRIPE_KEY"]);
}

#[test]
fn a_list_is_exactly_these_signing_keys_included() {
    assert_eq!(granted(r#"["JWT_SECRET", "MINE", "ABSENT"]"#), ["JWT_SECRET", "MINE"]);
    assert!(granted("[]").is_empty());
}

#[test]
fn a_changed_secret_is_seen_by_the_next_invocation() {
    let current = Arc::new(ArcSwap::from_pointee(SecretSet::new(vec![secret("A", false)])));
    let names = SecretsGrant::Names(vec!["A".into(), "B".into()]);
    let configured = Secrets::new(current.clone()).configure(names).unwrap();
    assert_eq!(configured.environment().get("B"), None);
    current.store(Arc::new(SecretSet::new(vec![secret("B", false)])));
    assert_eq!(configured.environment().get("B"), Some("value of B"));
    assert_eq!(configured.environment().get("A"), None);
}

#[test]
fn other_words_and_impossible_names_are_refused() {
    for grant in ["\"some\"", "7", "{}", "[1]"] {
        assert!(serde_json::from_str::<SecretsGrant>(grant).is_err(), "{grant}");
    }
    let bad = SecretsGrant::Names(vec!["A=B".into()]);
    assert_eq!(Secrets::new(Arc::default()).configure(bad).err().unwrap().path, "secrets");
}
