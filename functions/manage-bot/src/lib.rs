//! Adds Telegram bots to the platform, and tells whose a bot's token is.
//!
//! | request | answer |
//! |---|---|
//! | `POST` of `{"action":"verify","token":"123456:AA…"}` | `200` and `{"bot_id":123456,"username":"a_bot","name":"A"}` |
//! | `POST` of `{"action":"add","token":"123456:AA…"}` | `201` and the same with `id` and `is_active`: the bot's row in `bot_instances` |
//! | `OPTIONS` | `204`, with what a browser wants to know |
//! | any other method | `405` |
//!
//! | error | when |
//! |---|---|
//! | `400` | the body is no such request, or Telegram does not know the token |
//! | `401` | the caller is not signed in |
//! | `409` | the bot is there already |
//! | `502` | Telegram cannot be reached, or fails |
//!
//! | variable | |
//! |---|---|
//! | `BOT_ENCRYPTION_KEY` | the Fernet key that tokens are stored with, the one that the bot's worker reads them with |
//! | `BOT_OWNER_TELEGRAM_ID` | the Telegram user to whom added bots belong |
//! | `TELEGRAM_API_URL` | where the Bot API is, if not at `https://api.telegram.org` |
//!
//! Rows are written as the caller, so the policies of `bot_instances` decide who may add bots. A token is in no answer
//! and in no log line.

mod bots;
mod caller;
mod fernet;
mod telegram;

use serde::{Deserialize, Serialize};
use wasmforge::http::{Method, StatusCode};
use wasmforge::{Error, IntoResponse, Json, Request, RequestExt, Response, Result, cors, response};

#[derive(Deserialize)]
struct Wanted {
    action: String,
    #[serde(default)]
    token: String,
}

#[derive(Serialize)]
struct Verified {
    bot_id: i64,
    username: String,
    name: String,
}

#[wasmforge::handler]
async fn main(req: Request) -> Response {
    let answer = match cors::preflight(&req) {
        Some(preflight) => preflight,
        None => manage(req).await.into_response(),
    };
    cors::allow(answer, "POST, OPTIONS")
}

async fn manage(req: Request) -> Result<Response> {
    if req.method() != Method::POST {
        return Err(Error::new(StatusCode::METHOD_NOT_ALLOWED, "the method here is POST"));
    }
    caller::signed_in().await?;
    let Wanted { action, token } = req.json().await?;
    match action.as_str() {
        "verify" => {
            let bot = telegram::get_me(&token).await?;
            response::json(&Verified { bot_id: bot.id, username: bot.username, name: bot.first_name })
        }
        "add" => {
            let bot = telegram::get_me(&token).await?;
            Ok((StatusCode::CREATED, Json(bots::add(bot, &token).await?)).into_response())
        }
        _ => Err(Error::bad_request("Unknown action")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};
    use wasmforge::auth::Identity;
    use wasmforge::sql::{IntoValue, Rows};
    use wasmforge::{block_on, http, testing};

    fn answer(method: &str, body: &Value) -> (u16, Value) {
        let body = body.to_string().into();
        let request = http::Request::builder().method(method).uri("/").body(body).unwrap();
        block_on(async {
            let response = main(request).await;
            assert_eq!(response.headers()["access-control-allow-origin"], "*");
            let status = response.status().as_u16();
            (status, response.into_body().json().await.unwrap_or_default())
        })
    }

    fn telegram() -> testing::Fake {
        testing::fetch(|_| {
            Ok(Response::new(r#"{"ok":true,"result":{"id":1,"first_name":"A","username":"a_bot"}}"#.into()))
        })
    }

    #[test]
    fn a_signed_in_user_verifies_a_token() {
        let _caller = testing::auth(|_| Ok(Identity::user("7")));
        let _telegram = telegram();
        let bot = json!({ "bot_id": 1, "username": "a_bot", "name": "A" });
        assert_eq!(answer("POST", &json!({ "action": "verify", "token": "1:a" })), (200, bot));
    }

    #[test]
    fn nobody_else_is_served() {
        let _telegram = testing::fetch(|request| panic!("sent to {}", request.uri()));
        let body = json!({ "action": "verify", "token": "1:a" });
        let unauthorized = (401, json!({ "error": "Unauthorized" }));
        assert_eq!(answer("POST", &body), unauthorized);
        let _caller = testing::auth(|_| Err(wasmforge::auth::Error::InvalidCredential));
        assert_eq!(answer("POST", &body), unauthorized);
    }

    #[test]
    fn without_a_key_no_bot_is_stored() {
        let _caller = testing::auth(|_| Ok(Identity::user("7")));
        let _telegram = telegram();
        let _database = testing::sql(|_| Ok(Rows::of(["id"]).row([1.into_value()])));
        let (status, body) = answer("POST", &json!({ "action": "add", "token": "1:a" }));
        assert_eq!(status, 500);
        assert!(body["error"].as_str().unwrap().contains("BOT_"), "{body}");
    }

    #[test]
    fn what_is_no_request_is_refused() {
        let _caller = testing::auth(|_| Ok(Identity::user("7")));
        assert_eq!(answer("POST", &json!({ "action": "x" })), (400, json!({ "error": "Unknown action" })));
        assert_eq!(answer("POST", &json!([])).0, 400);
        assert_eq!(answer("GET", &json!(null)).0, 405);
        assert_eq!(answer("OPTIONS", &json!(null)).0, 204);
    }
}
