// `node:buffer`: the package, with base64url, and with the engine's own coders where strings are long.
import { Buffer, INSPECT_MAX_BYTES, kMaxLength } from 'buffer';
import { native } from '../native.js';

const { Blob, File, atob, btoa } = globalThis;
const BASE64 = /^base64(url)?$/i;
const UTF8 = /^utf-?8$/i;

const { from, isEncoding, byteLength } = Buffer;
const { toString, write } = Buffer.prototype;

const own = (bytes) => Object.setPrototypeOf(bytes, Buffer.prototype);
const plain = (buffer, start, end) => new Uint8Array(buffer.buffer, buffer.byteOffset + start, Math.max(end - start, 0));

/** Both alphabets, with padding or without, up to the first `=`; what is in neither is left out. */
function decodeBase64(text) {
  const [data] = text.split('=', 1);
  const digits = data.replace(/[^\w+/-]|_/g, (char) => (char === '_' ? '/' : '')).replaceAll('-', '+');
  // One digit alone is no byte.
  return new Uint8Array(native.base64.decode(digits.length % 4 === 1 ? digits.slice(0, -1) : digits));
}

Buffer.from = function (value, encoding, length) {
  if (typeof value !== 'string') return from(value, encoding, length);
  if (encoding === undefined || encoding === null || UTF8.test(encoding)) return own(new TextEncoder().encode(value));
  return BASE64.test(encoding) ? own(decodeBase64(value)) : from(value, encoding);
};

Buffer.isEncoding = (encoding) => BASE64.test(encoding) || isEncoding(encoding);

Buffer.byteLength = (value, encoding) => {
  if (typeof value === 'string' && BASE64.test(encoding)) return decodeBase64(value).length;
  return byteLength(value, encoding);
};

const clamp = (value, length, usual) => (value === undefined ? usual : Math.min(Math.max(Math.trunc(value) || 0, 0), length));

Buffer.prototype.toString = function (encoding = 'utf8', start, end) {
  const isBase64 = BASE64.test(encoding);
  if (!isBase64 && !UTF8.test(encoding)) return toString.call(this, encoding, start, end);
  const bytes = plain(this, clamp(start, this.length, 0), clamp(end, this.length, this.length));
  if (!isBase64) return new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes);
  return encoding.length > 6 ? native.base64.encodeUrl(bytes) : native.base64.encode(bytes);
};
Buffer.prototype.toLocaleString = Buffer.prototype.toString;

Buffer.prototype.write = function (text, offset, length, encoding) {
  const given = [offset, length, encoding].findLast((value) => typeof value === 'string');
  if (!BASE64.test(given)) return write.call(this, text, offset, length, encoding);
  const at = typeof offset === 'number' ? offset : 0;
  const most = Math.min(typeof length === 'number' ? length : Infinity, this.length - at);
  const bytes = decodeBase64(text).subarray(0, Math.max(most, 0));
  this.set(bytes, at);
  return bytes.length;
};

export const constants = { MAX_LENGTH: kMaxLength, MAX_STRING_LENGTH: 0x3fffffff };
export const kStringMaxLength = constants.MAX_STRING_LENGTH;

export const isUtf8 = (bytes) => {
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    return true;
  } catch {
    return false;
  }
};

export { Buffer, Blob, File, atob, btoa, INSPECT_MAX_BYTES, kMaxLength };
