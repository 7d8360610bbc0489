//! The keys that the environment gives.

use super::finding::Finding;
use crate::config::Config;

/// Bytes of a key that HS256 asks for (RFC 7518, section 3.2), and PostgREST too.
const LEAST: usize = 32;

pub(super) fn examine(config: &Config) -> Vec<Finding> {
    vec![jwt_secret(config), encryption_key(config), api_key(config)]
}

fn jwt_secret(config: &Config) -> Finding {
    match config.jwt_secret.expose().len() {
        0 => Finding::absent("JWT_SECRET", "not set: the secret that is stored in the database counts"),
        1..LEAST => Finding::caution(
            "JWT_SECRET",
            "shorter than 32 bytes",
            "make one with `openssl rand -hex 32`, and sign in again everywhere",
        ),
        _ => Finding::good("JWT_SECRET", "set"),
    }
}

fn encryption_key(config: &Config) -> Finding {
    let (encryption, jwt) = (config.encryption_key.expose(), config.jwt_secret.expose());
    if encryption.is_empty() {
        return Finding::bad(
            "ENCRYPTION_KEY",
            "not set, and JWT_SECRET neither: no secret can be read",
            "set the one that the secrets were stored with, or make one with `openssl rand -hex 32`",
        );
    }
    match encryption == jwt {
        true => Finding::good("ENCRYPTION_KEY", "JWT_SECRET stands in for it, as in InsForge"),
        false => Finding::good("ENCRYPTION_KEY", "set"),
    }
}

fn api_key(config: &Config) -> Finding {
    let Some(key) = &config.access_api_key else {
        return Finding::absent("API key", "ACCESS_API_KEY is not set: the one in the database counts");
    };
    let digits = key.expose().strip_prefix("ik_").unwrap_or(key.expose());
    match digits.len() >= LEAST {
        true => Finding::good("API key", "ACCESS_API_KEY is set; it counts for a database that we make"),
        false => Finding::caution(
            "API key",
            "ACCESS_API_KEY is short enough to be guessed",
            "make one: ik_ and `openssl rand -hex 32`",
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::super::finding::State;
    use super::*;

    fn states(variables: &[(&str, &str)]) -> Vec<State> {
        let variables = variables.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect();
        let config = Config::from_variables(&variables).unwrap();
        examine(&config).iter().map(|finding| finding.state).collect()
    }

    #[test]
    fn keys_are_there_and_long() {
        let long = "0123456789abcdef0123456789abcdef";
        assert_eq!(states(&[]), [State::Absent, State::Bad, State::Absent]);
        assert_eq!(states(&[("JWT_SECRET", long)]), [State::Good, State::Good, State::Absent]);
        let short = states(&[("JWT_SECRET", "short"), ("ACCESS_API_KEY", "ik_1")]);
        assert_eq!(short, [State::Caution, State::Good, State::Caution]);
    }
}
