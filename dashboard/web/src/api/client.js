// Requests to the platform that serves this page.

import { ApiError } from './error.js';
import { credentials, csrf, end, kept, session, useGrant, useKey } from './session.js';

/**
 * Asks the platform. `options`: `query`, `json` (a body), `body` and `headers`, `signal`, `raw` for bytes. Gives `{status, headers, data}`;
 * throws [`ApiError`].
 */
export async function call(method, path, options = {}) {
  const response = await send(method, path, options);
  if (response.ok && options.raw) {
    return { status: response.status, headers: response.headers, data: await response.arrayBuffer() };
  }
  const text = await response.text().catch((error) => Promise.reject(ApiError.unreachable(error)));
  if (!response.ok) {
    throw ApiError.of(response.status, text);
  }
  const isJson = response.headers.get('content-type')?.includes('json');
  return { status: response.status, headers: response.headers, data: isJson ? JSON.parse(text) : text };
}

/** The same, and only what was answered. */
export const get = async (path, query, signal) => (await call('GET', path, { query, signal })).data;
export const post = async (path, json, options) => (await call('POST', path, { json, ...options })).data;
export const put = async (path, json, options) => (await call('PUT', path, { json, ...options })).data;
export const patch = async (path, json) => (await call('PATCH', path, { json })).data;
export const remove = async (path, options) => (await call('DELETE', path, options)).data;

/** Asks, renewing the session once where its token has run out, and gives the answer unread. */
export async function send(method, path, options = {}) {
  const response = await once(method, path, options);
  if (response.status !== 401 || !session()) {
    return response;
  }
  if (session().kind === 'password' && (await renew())) {
    return once(method, path, options);
  }
  end('Your session has ended. Sign in again to go on.');
  return response;
}

async function once(method, path, { query, json, body, headers, signal } = {}) {
  const isJson = json !== undefined;
  try {
    return await fetch(withQuery(path, query), {
      method,
      body: isJson ? JSON.stringify(json) : body,
      headers: { ...credentials(), ...(isJson ? { 'content-type': 'application/json' } : {}), ...headers },
      // Only signing in and renewing need the cookie.
      credentials: 'omit',
      signal,
    });
  } catch (error) {
    throw error.name === 'AbortError' ? error : ApiError.unreachable(error);
  }
}

/** A path with those parameters that have a value. */
export function withQuery(path, query = {}) {
  const present = Object.entries(query).filter(([, value]) => value !== undefined && value !== null && value !== '');
  const text = new URLSearchParams(present).toString();
  return text ? `${path}?${text}` : path;
}

/** Signs in with a user name and a password. */
export async function signIn(username, password) {
  useGrant(await withCookie('/api/auth/admin/sessions', { username, password }));
}

/** Signs in with an API key, if the platform takes it. */
export async function signInWithKey(key) {
  const response = await once('GET', '/api/metadata/functions', { headers: { 'x-api-key': key } });
  if (!response.ok) {
    throw ApiError.of(response.status, await response.text());
  }
  useKey(key);
}

/** Signs out here and, where there is a cookie, there. */
export async function signOut() {
  const had = session();
  const headers = { 'x-csrf-token': csrf() ?? '' };
  end();
  if (had?.kind === 'password') {
    await withCookie('/api/auth/admin/logout', undefined, headers).catch(() => {});
  }
}

/** Takes up what the tab kept. Whether there is a session then. */
export async function resume() {
  const found = kept();
  if (found?.kind === 'key') {
    useKey(found.key);
    return true;
  }
  return found?.kind === 'password' && renew();
}

let renewing = null;

/** A new access token for the cookie; requests that need one at once share the answer. */
function renew() {
  renewing ??= withCookie('/api/auth/admin/refresh', undefined, { 'x-csrf-token': csrf() ?? '' })
    .then((grant) => (useGrant(grant), true))
    .catch(() => false)
    .finally(() => {
      renewing = null;
    });
  return renewing;
}

async function withCookie(path, json, headers = {}) {
  let response;
  try {
    response = await fetch(path, {
      method: 'POST',
      credentials: 'same-origin',
      headers: { ...(json ? { 'content-type': 'application/json' } : {}), ...headers },
      body: json && JSON.stringify(json),
    });
  } catch (error) {
    throw ApiError.unreachable(error);
  }
  const text = await response.text();
  if (!response.ok) {
    throw ApiError.of(response.status, text);
  }
  return JSON.parse(text);
}
