//! What Telegram knows of a token: the method `getMe` of its Bot API.

use serde::Deserialize;
use std::time::Duration;
use wasmforge::http::{self, StatusCode};
use wasmforge::{Error, Result, Timeouts, env, fetch};

/// Where the Bot API is, unless `TELEGRAM_API_URL` says otherwise.
const API: &str = "https://api.telegram.org";

/// How long each part of the exchange may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// A bot, as `getMe` describes it.
#[derive(Debug, Deserialize, PartialEq)]
pub(crate) struct Bot {
    pub(crate) id: i64,
    pub(crate) username: String,
    pub(crate) first_name: String,
}

/// Telegram's envelope.
#[derive(Deserialize)]
struct Envelope {
    ok: bool,
    result: Option<Bot>,
}

/// Asks Telegram whose token this is.
///
/// # Errors
/// `400` where Telegram does not know the token, `502` where Telegram does not answer. Neither tells the token, which is
/// part of the URL that was asked for.
pub(crate) async fn get_me(token: &str) -> Result<Bot> {
    if !is_token(token) {
        return Err(invalid());
    }
    let base = env::get("TELEGRAM_API_URL").unwrap_or_else(|| API.to_owned());
    let url = format!("{}/bot{token}/getMe", base.trim_end_matches('/'));
    let request = http::Request::get(url).extension(Timeouts::each(PATIENCE)).body(());
    let Ok(request) = request else { return Err(unreachable("TELEGRAM_API_URL is not a URL")) };
    let Ok(response) = fetch(request).await else { return Err(unreachable("Telegram cannot be reached")) };
    let status = response.status();
    let envelope = response.into_body().json::<Envelope>().await;
    match (status, envelope) {
        (StatusCode::OK, Ok(Envelope { ok: true, result: Some(bot) })) => Ok(bot),
        // Telegram answers 401 for a token that was revoked, and 404 for one that never was.
        (StatusCode::UNAUTHORIZED | StatusCode::NOT_FOUND, Ok(Envelope { ok: false, .. })) => Err(invalid()),
        _ => Err(unreachable(format!("Telegram answered {}", status.as_u16()))),
    }
}

/// `<digits>:<letters, digits, - and _>`. Anything else would be another URL.
fn is_token(text: &str) -> bool {
    let is_secret = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_');
    text.len() <= 256
        && text.split_once(':').is_some_and(|(id, secret)| {
            !id.is_empty()
                && id.bytes().all(|b| b.is_ascii_digit())
                && !secret.is_empty()
                && secret.bytes().all(is_secret)
        })
}

fn invalid() -> Error {
    Error::bad_request("Invalid token")
}

fn unreachable(reason: impl Into<std::borrow::Cow<'static, str>>) -> Error {
    Error::new(StatusCode::BAD_GATEWAY, reason)
}

#[cfg(test)]
mod tests {
    use super::*;
    use wasmforge::{Response, block_on, testing};

    const TOKEN: &str = "123456:AAE-x_y";

    fn told(status: u16, body: &'static str) -> Result<Bot> {
        let _fake = testing::fetch(move |request| {
            assert_eq!(request.uri(), "https://api.telegram.org/bot123456:AAE-x_y/getMe");
            let mut response = Response::new(body.into());
            *response.status_mut() = StatusCode::from_u16(status).unwrap();
            Ok(response)
        });
        block_on(get_me(TOKEN))
    }

    fn error(outcome: Result<Bot>) -> (u16, String) {
        let error = outcome.unwrap_err();
        (error.status().as_u16(), error.to_string())
    }

    #[test]
    fn a_token_is_its_bots() {
        let bot = told(
            200,
            r#"{"ok":true,"result":{"id":123456,"is_bot":true,"first_name":"A","username":"a_bot"}}"#,
        );
        assert_eq!(bot.unwrap(), Bot { id: 123_456, username: "a_bot".into(), first_name: "A".into() });
    }

    #[test]
    fn a_token_that_telegram_does_not_know_is_the_callers_fault() {
        let body = r#"{"ok":false,"error_code":401,"description":"Unauthorized"}"#;
        assert_eq!(error(told(401, body)), (400, "Invalid token".into()));
        assert_eq!(error(told(404, body)), (400, "Invalid token".into()));
    }

    #[test]
    fn a_telegram_that_fails_is_nobodys_fault_here_and_the_token_is_not_told() {
        for (status, body) in [
            (500, "oops"),
            (429, r#"{"ok":false,"error_code":429,"description":"Too Many Requests"}"#),
            (200, "<html>"),
            (200, r#"{"ok":true}"#),
        ] {
            assert_eq!(error(told(status, body)), (502, format!("Telegram answered {status}")));
        }
        let _fake = testing::fetch(|request| Err(Error::other(format!("no way to {}", request.uri()))));
        assert_eq!(error(block_on(get_me(TOKEN))), (502, "Telegram cannot be reached".into()));
    }

    #[test]
    fn what_would_be_another_url_is_not_sent() {
        let _fake = testing::fetch(|request| panic!("sent to {}", request.uri()));
        for token in ["", ":", "123", "123:", ":abc", "12a:abc", "1:a/b", "1:a?b", "1:a b", "1:../x", "1:a:b"]
        {
            assert_eq!(error(block_on(get_me(token))), (400, "Invalid token".into()), "{token}");
        }
    }
}
