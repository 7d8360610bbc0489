// Who is signed in, and what proves it.
//
// An access token lives in this module's memory only. What outlives a reload is in the tab's sessionStorage, which ends with
// the tab and which no other tab sees: the API key of somebody who signed in with one, or the CSRF token that, together
// with a cookie no script can read, gets a new access token.

const KEY = 'wasmforge.session';

let current = null;
const listeners = new Set();

/** `{kind: 'password' | 'key', name}`, or `null`. */
export function session() {
  return current && { kind: current.kind, name: current.name };
}

/** The headers that prove it. */
export function credentials() {
  if (current?.kind === 'key') {
    return { 'x-api-key': current.key };
  }
  return current?.token ? { authorization: `Bearer ${current.token}` } : {};
}

/** Calls back whenever somebody signs in or out. */
export function onSession(listener) {
  listeners.add(listener);
}

/** Signs in with a key that the platform has accepted. */
export function useKey(key) {
  begin({ kind: 'key', name: 'API key', key });
}

/** Signs in with what the platform gave for a user name and a password, or for the cookie. */
export function useGrant({ admin, accessToken, csrfToken }) {
  const name = admin?.sub?.replace(/^local:/, '') ?? 'admin';
  begin({ kind: 'password', name, token: accessToken, csrf: csrfToken });
}

function begin(next) {
  const changed = current?.kind !== next.kind || current?.name !== next.name;
  current = next;
  const { token, ...kept } = next;
  store(kept);
  if (changed) {
    tell();
  }
}

/** Signs out, and says why where it was not asked for. */
export function end(reason) {
  current = null;
  store(null);
  tell(reason);
}

function tell(reason) {
  listeners.forEach((listener) => listener(reason));
}

/** What this tab kept: `{kind, name, key | csrf}`. */
export function kept() {
  try {
    return JSON.parse(sessionStorage.getItem(KEY));
  } catch {
    return null;
  }
}

/** The token that goes with the cookie. */
export function csrf() {
  return current?.csrf ?? kept()?.csrf;
}

function store(value) {
  try {
    if (value) {
      sessionStorage.setItem(KEY, JSON.stringify(value));
    } else {
      sessionStorage.removeItem(KEY);
    }
  } catch {
    // A browser that keeps nothing asks again after a reload.
  }
}
