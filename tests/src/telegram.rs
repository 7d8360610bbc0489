//! A stand-in for Telegram's Bot API (<https://core.telegram.org/bots/api>), as far as bots are asked who they are.

use crate::Peer;
use serde_json::{Value, json};

/// The server. It knows the bots that it was started with.
pub struct Telegram(Peer);

impl Telegram {
    /// Knows these bots: token, username, first name. A bot's id is the part of its token before the colon.
    pub async fn with_bots(bots: &[(&str, &str, &str)]) -> Self {
        let bot = |(token, username, first_name): &(&str, &str, &str)| {
            let id: i64 = token.split(':').next().unwrap().parse().unwrap();
            let bot = json!({
                "id": id, "is_bot": true, "first_name": first_name, "username": username,
                "can_join_groups": true, "can_read_all_group_messages": false, "supports_inline_queries": false
            });
            (format!("/bot{token}/getMe"), bot)
        };
        let bots: Vec<(String, Value)> = bots.iter().map(bot).collect();
        let known =
            move |path: &str| bots.iter().find(|(known, _)| known == path).map(|(_, bot)| bot.clone());
        let peer =
            Peer::start(move |request| match (known(&request.path), request.path.ends_with("/getMe")) {
                (Some(bot), _) => (200, json!({ "ok": true, "result": bot }).to_string()),
                (None, true) => failure(401, "Unauthorized"),
                (None, false) => failure(404, "Not Found"),
            });
        Self(peer.await)
    }

    /// Answers everything with this status and text, as Telegram does on a bad day.
    pub async fn failing(status: u16, text: &'static str) -> Self {
        Self(Peer::start(move |_| (status, text.to_owned())).await)
    }

    /// Where it is, for `TELEGRAM_API_URL`.
    #[must_use]
    pub fn url(&self) -> String {
        self.0.url("")
    }

    /// How many requests came.
    #[must_use]
    pub fn asked(&self) -> usize {
        self.0.received().len()
    }
}

fn failure(code: u16, description: &str) -> (u16, String) {
    (code, json!({ "ok": false, "error_code": code, "description": description }).to_string())
}
