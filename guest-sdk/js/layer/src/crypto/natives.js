import { native } from '../native.js';
import { checked } from './errors.js';

/** The operations of the engine, with errors as script knows them. */
export const operations = Object.fromEntries(
  Object.entries(native.crypto).map(([name, operation]) => [name, checked(operation)]),
);

/** Bytes as base64url without padding. */
export const toBase64Url = (buffer) => native.base64.encodeUrl(new Uint8Array(buffer));

/** Bytes of base64url without padding; undefined if it is not that. */
export function fromBase64Url(text) {
  if (!/^[\w-]*$/.test(text)) return undefined;
  const decoded = native.base64.decodeUrl(text);
  return decoded && new Uint8Array(decoded);
}
