import { define } from '../global.js';
import { native } from '../native.js';

const { base64 } = native;

const invalid = (message) => new DOMException(message, 'InvalidCharacterError');

/** Base64 of a string whose characters are bytes. */
function btoa(text) {
  if (arguments.length === 0) throw new TypeError('btoa needs a string');
  const encoded = base64.encodeText(`${text}`);
  if (encoded === undefined) throw invalid('btoa: the string has characters that are no bytes');
  return encoded;
}

/** The bytes of base64, as the characters of a string. */
function atob(text) {
  if (arguments.length === 0) throw new TypeError('atob needs a string');
  const decoded = base64.decodeText(`${text}`);
  if (decoded === undefined) throw invalid('atob: the string is not base64');
  return decoded;
}

/** @param {ArrayBuffer | Uint8Array | string} data text counts as UTF-8 */
function encodeBase64(data) {
  if (typeof data === 'string') return base64.encodeUtf8(data.toWellFormed());
  if (data instanceof ArrayBuffer) return base64.encode(new Uint8Array(data));
  if (data instanceof Uint8Array) return base64.encode(data);
  throw new TypeError('encodeBase64 needs a Uint8Array, an ArrayBuffer or a string');
}

/** @returns {Uint8Array} */
function decodeBase64(text) {
  const decoded = base64.decode(`${text}`);
  if (decoded === undefined) throw invalid('decodeBase64: the string is not base64');
  return new Uint8Array(decoded);
}

define('btoa', btoa);
define('atob', atob);
define('encodeBase64', encodeBase64);
define('decodeBase64', decodeBase64);
