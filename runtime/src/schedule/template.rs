//! `${{secrets.KEY}}` in the headers of a schedule.

use serde_json::{Map, Value};
use wasmforge_host_api::secrets::SecretSet;
use zeroize::Zeroizing;

const OPEN: &str = "${{secrets.";
const CLOSE: &str = "}}";

/// A template that names a secret which is not there. Says nothing of any value.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("Secret with key \"{key}\" not found for schedule header \"{header}\".")]
pub struct MissingSecret {
    /// The secret's key.
    pub key: String,
    /// The header that asks for it.
    pub header: String,
}

/// A header's name and its value with the secrets in it, wiped from memory after use.
pub type Resolved = Vec<(String, Zeroizing<String>)>;

/// Puts the secrets that are in force into the headers. An empty secret is as good as none, as it is to InsForge.
///
/// # Errors
/// The first [`MissingSecret`].
pub fn resolve(headers: &Map<String, Value>, secrets: &SecretSet) -> Result<Resolved, MissingSecret> {
    let texts = headers.iter().filter_map(|(name, value)| Some((name, value.as_str()?)));
    let filled = texts.map(|(name, template)| {
        let missing = |key: &str| MissingSecret { key: key.to_owned(), header: name.clone() };
        Ok((name.clone(), fill(template, secrets).map_err(missing)?))
    });
    filled.collect()
}

/// One value with its secrets, or the key that is missing.
fn fill<'a>(template: &'a str, secrets: &SecretSet) -> Result<Zeroizing<String>, &'a str> {
    let mut filled = Zeroizing::new(String::with_capacity(template.len()));
    let mut rest = template;
    while let Some((before, after)) = rest.split_once(OPEN) {
        filled.push_str(before);
        // A key holds no brace, so what is none of ours stays as it is.
        match after.split_once('}') {
            Some((key, tail)) if !key.is_empty() && tail.starts_with('}') => {
                filled.push_str(secrets.value(key).filter(|value| !value.is_empty()).ok_or(key)?);
                rest = tail.get(CLOSE.len() - 1..).unwrap_or_default();
            }
            _ => {
                filled.push_str(OPEN);
                rest = after;
            }
        }
    }
    filled.push_str(rest);
    Ok(filled)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;
    use wasmforge_host_api::secrets::Secret;

    fn secrets() -> SecretSet {
        let secret = |name: &str, value: &str| Secret {
            name: name.into(),
            value: Zeroizing::new(value.into()),
            reserved: name == "API_KEY",
        };
        SecretSet::new(vec![secret("A", "1"), secret("API_KEY", "ik_2"), secret("EMPTY", "")])
    }

    fn filled(template: &str) -> Result<String, MissingSecret> {
        let headers = json!({ "x-h": template });
        let resolved = resolve(headers.as_object().unwrap(), &secrets())?;
        Ok(resolved[0].1.to_string())
    }

    #[test]
    fn secrets_are_put_where_their_keys_are_named() {
        for (template, value) in [
            ("plain", "plain"),
            ("", ""),
            ("Bearer ${{secrets.API_KEY}}", "Bearer ik_2"),
            ("${{secrets.A}}${{secrets.A}}-${{secrets.API_KEY}}!", "11-ik_2!"),
            ("${{ secrets.A }}", "${{ secrets.A }}"),
            ("${{secrets.}}", "${{secrets.}}"),
            ("${{secrets.A}", "${{secrets.A}"),
            ("${{secrets.A", "${{secrets.A"),
        ] {
            assert_eq!(filled(template).unwrap(), value, "{template}");
        }
    }

    #[test]
    fn a_secret_that_is_not_there_is_named_with_its_header() {
        for key in ["NONE", "EMPTY", "a"] {
            let error = filled(&format!("x ${{{{secrets.{key}}}}}")).unwrap_err();
            assert_eq!(error, MissingSecret { key: key.into(), header: "x-h".into() });
        }
        assert_eq!(
            filled("${{secrets.NONE}}").unwrap_err().to_string(),
            "Secret with key \"NONE\" not found for schedule header \"x-h\"."
        );
    }
}
