// Bytes there and back.
import { Buffer } from '../buffer.js';

/** The bytes of a text, a buffer or a view of one. */
export function bytesOf(value, encoding) {
  if (typeof value === 'string') return new Uint8Array(Buffer.from(value, encoding === 'buffer' ? 'utf8' : encoding));
  if (value instanceof ArrayBuffer) return new Uint8Array(value);
  if (ArrayBuffer.isView(value)) return new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
  const error = new TypeError('The data must be a string, an ArrayBuffer, a Buffer or a view');
  throw Object.assign(error, { code: 'ERR_INVALID_ARG_TYPE' });
}

/** Bytes as a `Buffer`, or as text where an encoding is named. */
export function output(bytes, encoding) {
  const buffer = Buffer.from(bytes);
  return encoding === undefined || encoding === 'buffer' ? buffer : buffer.toString(encoding);
}

/** Calls back, later, as Node does, with what `work` gives. Wrong arguments are thrown at once. */
export function later(callback, work) {
  if (typeof callback !== 'function') throw new TypeError('The "callback" argument must be of type function');
  const value = work();
  queueMicrotask(() => callback(null, value));
}
