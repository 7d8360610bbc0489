// From what script passes to what an algorithm takes: conversions of Web IDL.
import { CryptoKey } from './key.js';

export const isBufferSource = (value) => value instanceof ArrayBuffer || ArrayBuffer.isView(value);

/** Checks the type; the bytes are copied later, by `copyOf`, when every getter has run. */
export function bufferSource(value, what) {
  if (!isBufferSource(value)) throw new TypeError(`${what} must be an ArrayBuffer or a view of one`);
  return value;
}

/** What the source holds now. One that was transferred away holds nothing. */
export function copyOf(source) {
  if (source instanceof ArrayBuffer) return new Uint8Array(source.slice(0));
  return new Uint8Array(source.buffer.slice(source.byteOffset, source.byteOffset + source.byteLength));
}

export const bytes = (value, what) => copyOf(bufferSource(value, what));

/** A big integer: big-endian bytes in a `Uint8Array`. */
export function bigInteger(value, what) {
  if (!(value instanceof Uint8Array)) throw new TypeError(`${what} must be a Uint8Array`);
  return new Uint8Array(value);
}

const within = (most) => (value, what) => {
  const number = Math.trunc(Number(value));
  if (!(number >= 0 && number <= most)) throw new TypeError(`${what} must be an integer from 0 to ${most}`);
  return number + 0;
};
export const octet = within(0xff);
export const unsignedShort = within(0xffff);
export const unsignedLong = within(0xffffffff);

export function text(value) {
  return `${value}`;
}

export function cryptoKey(value, what) {
  if (!(value instanceof CryptoKey)) throw new TypeError(`${what} must be a CryptoKey`);
  return value;
}

const USAGES = ['encrypt', 'decrypt', 'sign', 'verify', 'deriveKey', 'deriveBits', 'wrapKey', 'unwrapKey'];

/** Usages in one order, each once. */
export function usages(value) {
  if (value === null || typeof value !== 'object') throw new TypeError('keyUsages must be a sequence');
  const wanted = new Set(Array.from(value, text));
  for (const usage of wanted) {
    if (!USAGES.includes(usage)) throw new TypeError(`${usage} is no key usage`);
  }
  return USAGES.filter((usage) => wanted.has(usage));
}

export function format(value) {
  const name = text(value);
  if (!['raw', 'spki', 'pkcs8', 'jwk'].includes(name)) throw new TypeError(`${name} is no key format`);
  return name;
}
