/** The bytes of a text, an `ArrayBuffer` or a view; undefined for anything else. */
export function known(value) {
  if (typeof value === 'string') return new TextEncoder().encode(value);
  if (value instanceof Uint8Array) return value;
  if (value instanceof ArrayBuffer) return new Uint8Array(value);
  if (ArrayBuffer.isView(value)) return new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
  return undefined;
}

/** The same where nothing else will do. */
export function bytesOf(value, what) {
  const bytes = known(value);
  if (!bytes) throw new TypeError(`${what} is neither a text nor bytes`);
  return bytes;
}

/** Bytes as a text; undefined stays undefined. */
export function textOf(bytes) {
  return bytes && new TextDecoder().decode(bytes);
}
