/** A value that goes to PostgreSQL as JSON, whatever it is. */
export class Json {
  constructor(value) {
    this.text = JSON.stringify(value);
    if (this.text === undefined) throw new TypeError('the value cannot be written as JSON');
  }
}

/**
 * A parameter as the native takes it: null, bytes, or a text, which fits every type because PostgreSQL reads it as the type
 * that the statement expects.
 */
export function parameter(value) {
  switch (typeof value) {
    case 'string':
      return value;
    case 'number':
    case 'bigint':
    case 'boolean':
      return String(value);
    case 'object':
      return object(value);
    case 'undefined':
      throw new TypeError('a parameter is undefined; null is SQL’s NULL');
    default:
      throw new TypeError(`a ${typeof value} is no parameter`);
  }
}

function object(value) {
  if (value === null || value instanceof Uint8Array) return value;
  if (value instanceof Date) return value.toISOString();
  if (value instanceof Json) return value.text;
  if (Array.isArray(value)) return array(value);
  if (value instanceof ArrayBuffer) return new Uint8Array(value);
  if (ArrayBuffer.isView(value)) return new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
  return JSON.stringify(value);
}

/** An array as PostgreSQL writes one: {1,"two",NULL,{3}}. */
function array(items) {
  return `{${items.map(item).join(',')}}`;
}

function item(value) {
  if (value === null || value === undefined) return 'NULL';
  if (Array.isArray(value)) return array(value);
  const text = parameter(value);
  return quoted(typeof text === 'string' ? text : `\\x${hex(text)}`);
}

function quoted(text) {
  return `"${text.replace(/["\\]/g, '\\$&')}"`;
}

function hex(bytes) {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
