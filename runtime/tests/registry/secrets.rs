use crate::support::{Database, encrypt, eventually};

#[tokio::test]
async fn secrets_become_the_environment_without_the_signing_keys() {
    let database = Database::insforge().await;
    for key in ["GREETING", "API_KEY", "JWT_SECRET", "JWT_PRIVATE_KEY", "JWT_PUBLIC_KEY"] {
        database.set_secret(key, &encrypt(&format!("value of {key}"))).await;
    }
    let registry = database.registry().await;
    let environment = registry.directory().secrets().load().by_default();
    let names: Vec<_> = environment.iter().map(|(name, _)| name).collect();
    assert_eq!(names, ["API_KEY", "GREETING", "JWT_PUBLIC_KEY"]);
    assert_eq!(environment.get("GREETING"), Some("value of GREETING"));
    assert!(registry.credentials().is_api_key("value of API_KEY"));
    registry.shutdown().await;
}

#[tokio::test]
async fn a_secret_that_does_not_decrypt_is_left_out_and_named() {
    let database = Database::insforge().await;
    database.set_secret("GOOD", &encrypt("yes")).await;
    database.set_secret("BROKEN", "not a ciphertext").await;
    let other = wasmforge::registry::SecretCipher::new(&wasmforge::config::Secret::new("another key"));
    database.set_secret("FOREIGN", &other.encrypt("hidden").unwrap()).await;
    let registry = database.registry().await;
    assert_eq!(registry.directory().secrets().load().by_default().get("GOOD"), Some("yes"));
    assert_eq!(registry.directory().secrets().load().by_default().get("FOREIGN"), None);
    let mut skipped = registry.status().skipped_secrets;
    skipped.sort();
    assert_eq!(skipped.iter().map(|(key, _)| key.as_str()).collect::<Vec<_>>(), ["BROKEN", "FOREIGN"]);
    assert!(!format!("{skipped:?}").contains("not a ciphertext"));

    database.set_secret("BROKEN", &encrypt("mended")).await;
    eventually("it is mended", || async {
        registry.directory().secrets().load().by_default().get("BROKEN") == Some("mended")
    })
    .await;
    assert_eq!(registry.status().skipped_secrets.len(), 1);
    registry.shutdown().await;
}

#[tokio::test]
async fn only_active_and_unexpired_secrets_count_and_they_end_on_time() {
    let database = Database::insforge().await;
    for key in ["OFF", "UNSET", "PAST", "SOON", "LATER"] {
        database.set_secret(key, &encrypt(key)).await;
    }
    database
        .execute(
            "UPDATE system.secrets SET is_active = CASE key WHEN 'OFF' THEN false WHEN 'UNSET' THEN NULL ELSE true END,
                expires_at = now() + CASE key WHEN 'PAST' THEN interval '-1 second'
                    WHEN 'SOON' THEN interval '3 seconds' WHEN 'LATER' THEN interval '1 hour' END",
        )
        .await;
    let registry = database.registry().await;
    let names = || {
        let environment = registry.directory().secrets().load().by_default();
        environment.iter().map(|(name, _)| name.to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(names(), ["LATER", "SOON"]);
    // No row changes when a secret expires, so neither a notification nor a poll can tell.
    eventually("it ends", || async { names() == ["LATER"] }).await;
    registry.shutdown().await;
}
