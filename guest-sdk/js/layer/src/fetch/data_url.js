// `data:` URLs.
import { Body } from './body.js';
import { received } from './response.js';

/** The response that a `data:` URL is. */
export function responseOf(url) {
  const comma = url.indexOf(',');
  if (comma < 0) throw new TypeError('fetch failed: the data: URL has no comma');
  let type = url.slice('data:'.length, comma).trim();
  const hash = url.indexOf('#', comma);
  const bytes = unescape(url.slice(comma + 1, hash < 0 ? undefined : hash));
  const base64 = /;\s*base64$/i.exec(type);
  if (base64) type = type.slice(0, base64.index);
  if (type.startsWith(';')) type = `text/plain${type}`;
  const content = base64 ? decode(bytes) : bytes;
  return received({
    status: 200,
    list: ['content-type', type || 'text/plain;charset=US-ASCII'],
    body: new Body(content),
    rest: { statusText: 'OK', type: 'default', url, redirected: false },
  });
}

function unescape(text) {
  const bytes = new TextEncoder().encode(text);
  let length = 0;
  for (let at = 0; at < bytes.length; at += 1) {
    const escaped = bytes[at] === 0x25 ? parseInt(String.fromCharCode(bytes[at + 1], bytes[at + 2]), 16) : NaN;
    const isEscape = !Number.isNaN(escaped) && /^[0-9a-f]{2}$/i.test(String.fromCharCode(bytes[at + 1], bytes[at + 2]));
    bytes[length] = isEscape ? escaped : bytes[at];
    length += 1;
    if (isEscape) at += 2;
  }
  return bytes.slice(0, length);
}

function decode(bytes) {
  let text;
  try {
    text = atob(new TextDecoder('latin1').decode(bytes));
  } catch {
    throw new TypeError('fetch failed: the data: URL is no base64');
  }
  return Uint8Array.from(text, (char) => char.charCodeAt(0));
}
