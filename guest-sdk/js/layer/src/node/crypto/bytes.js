import buffer from 'buffer';
import { native } from '../../native.js';

const { Buffer } = buffer;

/** Data as Node takes it: text in an encoding, or anything with bytes. */
export function bytesOf(data, encoding = 'utf8') {
  if (typeof data === 'string') return new Uint8Array(Buffer.from(data, encoding));
  if (ArrayBuffer.isView(data)) return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  if (data instanceof ArrayBuffer) return new Uint8Array(data);
  throw new TypeError('The data must be a string, an ArrayBuffer, or a view of one');
}

/** A result as Node gives it: a `Buffer`, or text in an encoding. */
export function result(bytes, encoding) {
  const made = Buffer.from(bytes);
  if (encoding === undefined || encoding === 'buffer') return made;
  if (encoding === 'base64url') return native.base64.encodeUrl(new Uint8Array(bytes));
  return made.toString(encoding);
}

/** Whether two byte strings are equal, in a time that says nothing of where they differ. */
export function timingSafeEqual(left, right) {
  const [a, b] = [left, right].map((value) => {
    if (typeof value === 'string') throw new TypeError('timingSafeEqual compares bytes');
    return bytesOf(value);
  });
  if (a.length !== b.length) throw new RangeError('Input buffers must have the same byte length');
  return native.crypto.equal(a, b);
}
