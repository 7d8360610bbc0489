//! The bots that the platform runs: rows of `bot_instances`.

use crate::fernet::Key;
use crate::telegram::Bot;
use serde::Serialize;
use std::time::{SystemTime, UNIX_EPOCH};
use wasmforge::http::StatusCode;
use wasmforge::{Error, Result, env, sql};

/// A row, as its owner is told of it.
#[derive(Debug, Serialize)]
pub(crate) struct Added {
    id: i32,
    bot_id: i64,
    username: String,
    name: String,
    is_active: bool,
}

/// A bot that was deleted before comes back; one that is there stays as it is, and no row is returned.
const INSERT: &str = "\
INSERT INTO bot_instances (owner_telegram_id, bot_id, bot_username, bot_name, token_encrypted)
VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (bot_id) DO UPDATE SET
    owner_telegram_id = excluded.owner_telegram_id, bot_username = excluded.bot_username,
    bot_name = excluded.bot_name, token_encrypted = excluded.token_encrypted,
    is_active = true, deleted_at = NULL, updated_at = now()
WHERE bot_instances.deleted_at IS NOT NULL
RETURNING id";

/// Stores a bot with its token, encrypted.
pub(crate) async fn add(bot: Bot, token: &str) -> Result<Added> {
    let owner = env::var("BOT_OWNER_TELEGRAM_ID")?;
    let owner: i64 = owner.trim().parse().map_err(|_| "BOT_OWNER_TELEGRAM_ID is not a number")?;
    let encrypted = encrypt(token)?;
    let id: Option<i32> = sql::query(INSERT)
        .bind(owner)
        .bind(bot.id)
        .bind(bot.username.as_str())
        .bind(bot.first_name.as_str())
        .bind(encrypted)
        .fetch_optional()
        .await?;
    let Some(id) = id else { return Err(Error::new(StatusCode::CONFLICT, "Bot already exists")) };
    Ok(Added { id, bot_id: bot.id, username: bot.username, name: bot.first_name, is_active: true })
}

fn encrypt(token: &str) -> Result<String> {
    let key = env::var("BOT_ENCRYPTION_KEY")?;
    let key = Key::parse(&key).ok_or("BOT_ENCRYPTION_KEY is not a Fernet key")?;
    let mut iv = [0; 16];
    getrandom::fill(&mut iv).map_err(|error| error.to_string())?;
    let now = SystemTime::now().duration_since(UNIX_EPOCH).map_err(Error::other)?;
    Ok(key.encrypt(token.as_bytes(), now.as_secs(), iv))
}
