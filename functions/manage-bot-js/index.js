/**
 * Adds Telegram bots to the platform, and tells whose a bot's token is. The twin of `manage-bot`.
 *
 * | request | answer |
 * |---|---|
 * | `POST` of `{"action":"verify","token":"123456:AA…"}` | `200` and `{"bot_id":123456,"username":"a_bot","name":"A"}` |
 * | `POST` of `{"action":"add","token":"123456:AA…"}` | `201` and the same with `id` and `is_active`: the bot's row in `bot_instances` |
 * | `OPTIONS` | `204`, with what a browser wants to know |
 * | any other method | `405` |
 *
 * | error | when |
 * |---|---|
 * | `400` | the body is no such request, or Telegram does not know the token |
 * | `401` | the caller is not signed in |
 * | `409` | the bot is there already |
 * | `502` | Telegram cannot be reached, or fails |
 *
 * | variable | |
 * |---|---|
 * | `BOT_ENCRYPTION_KEY` | the Fernet key that tokens are stored with, the one that the bot's worker reads them with |
 * | `BOT_OWNER_TELEGRAM_ID` | the Telegram user to whom added bots belong |
 * | `TELEGRAM_API_URL` | where the Bot API is, if not at `https://api.telegram.org` |
 *
 * Rows are written as the caller, so the policies of `bot_instances` decide who may add bots. A token is in no answer and in no log line.
 */
import { auth, cors, env, sql } from 'wasmforge';

const API = 'https://api.telegram.org';

/** How long Telegram may take. */
const PATIENCE = 10_000;

class Refusal extends Error {
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

export default async function (request) {
  return cors.allow(cors.preflight(request) ?? (await answered(request)), 'POST, OPTIONS');
}

/** An answer to every request: a page of another origin reads errors too. */
async function answered(request) {
  try {
    return await manage(request);
  } catch (error) {
    if (!error.status || error.status >= 500) console.error(error);
    return Response.json({ error: error.message }, { status: error.status ?? 500 });
  }
}

async function manage(request) {
  if (request.method !== 'POST') throw new Refusal(405, 'the method here is POST');
  await signedIn();
  const { action, token } = await wanted(request);
  switch (action) {
    case 'verify':
      return Response.json(described(await getMe(token)));
    case 'add':
      return Response.json(await add(await getMe(token), token), { status: 201 });
    default:
      throw new Refusal(400, 'Unknown action');
  }
}

async function signedIn() {
  const caller = await auth.caller().catch((error) => {
    throw error.code === 'invalid-credential' ? new Refusal(401, 'Unauthorized') : error;
  });
  if (caller.role === 'anon') throw new Refusal(401, 'Unauthorized');
}

async function wanted(request) {
  const body = await request.json().catch((error) => {
    throw new Refusal(400, `invalid JSON: ${error.message}`);
  });
  const { action, token = '' } = body ?? {};
  if (typeof action !== 'string' || typeof token !== 'string') throw new Refusal(400, 'the body is {"action":…,"token":…}');
  return { action, token };
}

function described({ id, username, first_name }) {
  return { bot_id: id, username, name: first_name };
}

/** Asks Telegram whose token this is. No error tells the token, which is part of the URL that is asked for. */
async function getMe(token) {
  // Anything else would be another URL.
  if (token.length > 256 || !/^\d+:[\w-]+$/.test(token)) throw new Refusal(400, 'Invalid token');
  const base = (env.get('TELEGRAM_API_URL') ?? API).replace(/\/+$/, '');
  const response = await fetch(`${base}/bot${token}/getMe`, { redirect: 'manual', signal: AbortSignal.timeout(PATIENCE) }).catch(
    () => {
      throw new Refusal(502, 'Telegram cannot be reached');
    },
  );
  const answer = await response.json().catch(() => undefined);
  if (response.status === 200 && answer?.ok && answer.result) return answer.result;
  // Telegram answers 401 for a token that was revoked, and 404 for one that never was.
  if ([401, 404].includes(response.status) && answer?.ok === false) throw new Refusal(400, 'Invalid token');
  throw new Refusal(502, `Telegram answered ${response.status}`);
}

/** A bot that was deleted before comes back; one that is there stays as it is, and no row is returned. */
async function add(bot, token) {
  const owner = env.require('BOT_OWNER_TELEGRAM_ID').trim();
  if (!/^-?\d+$/.test(owner)) throw new Error('BOT_OWNER_TELEGRAM_ID is not a number');
  const encrypted = await encrypt(token);
  const id = await sql`
    INSERT INTO bot_instances (owner_telegram_id, bot_id, bot_username, bot_name, token_encrypted)
    VALUES (${owner}, ${bot.id}, ${bot.username}, ${bot.first_name}, ${encrypted})
    ON CONFLICT (bot_id) DO UPDATE SET
      owner_telegram_id = excluded.owner_telegram_id, bot_username = excluded.bot_username,
      bot_name = excluded.bot_name, token_encrypted = excluded.token_encrypted,
      is_active = true, deleted_at = NULL, updated_at = now()
    WHERE bot_instances.deleted_at IS NOT NULL
    RETURNING id`.value();
  if (id === undefined) throw new Refusal(409, 'Bot already exists');
  return { id, ...described(bot), is_active: true };
}

/**
 * Fernet: how the bot's worker reads the tokens that are stored here. The format is that of https://github.com/fernet/spec: a version, the
 * time, an IV, AES-128-CBC, and HMAC-SHA256 over all of it, in URL-safe base64.
 */
async function encrypt(text) {
  const { signing, encryption } = await keys(env.require('BOT_ENCRYPTION_KEY'));
  const iv = crypto.getRandomValues(new Uint8Array(16));
  const ciphertext = await crypto.subtle.encrypt({ name: 'AES-CBC', iv }, encryption, new TextEncoder().encode(text));
  const head = new Uint8Array(9);
  head[0] = 0x80;
  new DataView(head.buffer).setBigUint64(1, BigInt(Math.floor(Date.now() / 1000)));
  const signed = joined(head, iv, new Uint8Array(ciphertext));
  const mac = await crypto.subtle.sign('HMAC', signing, signed);
  return encodeBase64(joined(signed, new Uint8Array(mac))).replaceAll('+', '-').replaceAll('/', '_');
}

/** 32 bytes in URL-safe base64: one half signs, the other one encrypts. */
async function keys(text) {
  const wrong = new Error('BOT_ENCRYPTION_KEY is not a Fernet key');
  const base64 = text.trim().replaceAll('-', '+').replaceAll('_', '/');
  if (!/^[A-Za-z0-9+/]{43}=$/.test(base64)) throw wrong;
  const bytes = decodeBase64(base64);
  const hmac = { name: 'HMAC', hash: 'SHA-256' };
  return {
    signing: await crypto.subtle.importKey('raw', bytes.slice(0, 16), hmac, false, ['sign']),
    encryption: await crypto.subtle.importKey('raw', bytes.slice(16), 'AES-CBC', false, ['encrypt']),
  };
}

function joined(...parts) {
  const whole = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
