// The second half of a clone: values made of what was written down.
import { Blob } from '../blob/blob.js';
import { File } from '../blob/file.js';

const TYPED_ARRAYS = Object.fromEntries(
  ['Int8Array', 'Uint8Array', 'Uint8ClampedArray', 'Int16Array', 'Uint16Array', 'Int32Array', 'Uint32Array',
    'BigInt64Array', 'BigUint64Array', 'Float16Array', 'Float32Array', 'Float64Array', 'DataView']
    .map((name) => [name, globalThis[name]]),
);
const ERRORS = { Error, EvalError, RangeError, ReferenceError, SyntaxError, TypeError, URIError };

/** The value that a record says, with what was moved in its place. */
export function revive(record, moved) {
  if (record.kind === 'primitive') return record.value;
  if (record.kind === 'moved') return moved.get(record.value);
  if (record.copy !== undefined) return record.copy;
  const { make, fill } = readers[record.kind];
  record.copy = make(record, moved);
  fill?.(record.copy, record, moved);
  return record.copy;
}

function define(target, key, value, enumerable = true) {
  Object.defineProperty(target, key, { value, writable: true, enumerable, configurable: true });
}

function fillProperties(copy, { properties }, moved) {
  for (const [key, value] of properties) define(copy, key, revive(value, moved));
}

const boxed = { make: (record) => Object(record.value) };

const readers = {
  Boolean: boxed,
  Number: boxed,
  String: boxed,
  BigInt: boxed,
  Date: { make: (record) => new Date(record.value) },
  RegExp: { make: (record) => new RegExp(record.source, record.flags) },
  ArrayBuffer: {
    make({ bytes, limit }) {
      if (limit === undefined) return bytes.buffer;
      const buffer = new ArrayBuffer(bytes.length, { maxByteLength: limit });
      new Uint8Array(buffer).set(bytes);
      return buffer;
    },
  },
  view: {
    make({ name, buffer, offset, length }, moved) {
      return new TYPED_ARRAYS[name](revive(buffer, moved), offset, length);
    },
  },
  Map: {
    make: () => new Map(),
    fill(copy, { entries }, moved) {
      for (const [key, value] of entries) copy.set(revive(key, moved), revive(value, moved));
    },
  },
  Set: {
    make: () => new Set(),
    fill(copy, { items }, moved) {
      for (const item of items) copy.add(revive(item, moved));
    },
  },
  Array: { make: (record) => new Array(record.length), fill: fillProperties },
  Object: { make: () => ({}), fill: fillProperties },
  Error: {
    make({ name, message }) {
      const Class = ERRORS[name];
      return message === undefined ? new Class() : new Class(message);
    },
    fill(copy, record, moved) {
      if (record.stack !== undefined) define(copy, 'stack', record.stack, false);
      if (record.cause !== undefined) define(copy, 'cause', revive(record.cause, moved), false);
    },
  },
  DOMException: {
    make({ message, name, stack }) {
      const copy = new DOMException(message, name);
      if (stack !== undefined) define(copy, 'stack', stack, false);
      return copy;
    },
  },
  Blob: {
    make({ bytes, type, file }) {
      if (file === undefined) return new Blob([bytes], { type });
      return new File([bytes], file.name, { type, lastModified: file.lastModified });
    },
  },
};
