// The first half of a clone: what a value consists of, written down.
import { Blob, bytesOf } from '../blob/blob.js';
import { File } from '../blob/file.js';
import { dataCloneError, describe } from './errors.js';

const ERRORS = ['EvalError', 'RangeError', 'ReferenceError', 'SyntaxError', 'TypeError', 'URIError'];

/**
 * How to tell objects with internal slots, whatever their prototype became: a function of the language that throws for
 * all others, or says false.
 */
const getter = (prototype, name) => Object.getOwnPropertyDescriptor(prototype, name).get;
const slots = {
  Boolean: Boolean.prototype.valueOf,
  Number: Number.prototype.valueOf,
  String: String.prototype.valueOf,
  BigInt: BigInt.prototype.valueOf,
  Date: Date.prototype.getTime,
  RegExp: getter(RegExp.prototype, 'source'),
  ArrayBuffer: getter(ArrayBuffer.prototype, 'byteLength'),
  SharedArrayBuffer: getter(SharedArrayBuffer.prototype, 'byteLength'),
  Map: getter(Map.prototype, 'size'),
  Set: getter(Set.prototype, 'size'),
};
const resizable = getter(ArrayBuffer.prototype, 'resizable');
const maxByteLength = getter(ArrayBuffer.prototype, 'maxByteLength');
const typedArrayName = getter(Object.getPrototypeOf(Uint8Array.prototype), Symbol.toStringTag);
const nameOfDomException = getter(DOMException.prototype, 'name');

function has(kind, value) {
  try {
    slots[kind].call(value);
    return true;
  } catch {
    return false;
  }
}

/** The name of the built-in class that an object is of. */
function kindOf(value) {
  if (Array.isArray(value)) return 'Array';
  const prototype = Object.getPrototypeOf(value);
  if ((prototype === Object.prototype || prototype === null) && !(Symbol.toStringTag in value)) {
    // Boolean, Number, String, Date, RegExp and Error answer with their slot, whatever their prototype is.
    return Object.prototype.toString.call(value).slice(8, -1);
  }
  if (ArrayBuffer.isView(value)) return 'view';
  if (Error.isError?.(value)) return isDomException(value) ? 'DOMException' : 'Error';
  return Object.keys(slots).find((kind) => has(kind, value)) ?? otherKindOf(value);
}

function otherKindOf(value) {
  if (isDomException(value)) return 'DOMException';
  if (Object.prototype.toString.call(value) === '[object Error]') return 'Error';
  if (value instanceof Blob) return 'Blob';
  return isPlatformObject(value) ? 'platform' : 'Object';
}

function isDomException(value) {
  try {
    nameOfDomException.call(value);
    return value instanceof DOMException && value !== DOMException.prototype;
  } catch {
    return false;
  }
}

/** Whether it is an instance of a class of the platform's, or of one that extends it. */
function isPlatformObject(value) {
  if (value instanceof Iterator) return true;
  for (let at = Object.getPrototypeOf(value); at !== null && at !== Object.prototype; at = Object.getPrototypeOf(at)) {
    const Class = Object.getOwnPropertyDescriptor(at, 'constructor')?.value;
    if (typeof Class === 'function' && globalThis[Class.name] === Class) return true;
  }
  return false;
}

/** Writes values down, each object once. */
export class Record {
  #moving;
  #seen = new Map();

  /** @param {Map<object, unknown>} moving what will be transferred */
  constructor(moving) {
    this.#moving = moving;
  }

  of(value) {
    if (typeof value === 'symbol' || typeof value === 'function') throw dataCloneError(describe(value));
    if (typeof value !== 'object' || value === null) return { kind: 'primitive', value };
    const seen = this.#seen.get(value);
    if (seen) return seen;
    const record = { kind: undefined, copy: undefined };
    this.#seen.set(value, record);
    if (this.#moving.has(value)) return Object.assign(record, { kind: 'moved', value });
    record.kind = kindOf(value);
    const write = writers[record.kind] ?? refuse;
    write(record, value, this);
    return record;
  }

  /** The own enumerable properties with string keys. */
  properties(value) {
    const properties = [];
    for (const key of Object.keys(value)) {
      if (Object.hasOwn(value, key)) properties.push([key, this.of(value[key])]);
    }
    return properties;
  }
}

function refuse(_, value) {
  throw dataCloneError(describe(value));
}

const boxed = (record, value) => {
  record.value = slots[record.kind].call(value);
};

const writers = {
  Boolean: boxed,
  Number: boxed,
  String: boxed,
  BigInt: boxed,
  Date: boxed,
  RegExp(record, value) {
    record.source = slots.RegExp.call(value);
    record.flags = value.flags;
  },
  ArrayBuffer(record, value) {
    if (value.detached) throw dataCloneError('An ArrayBuffer that is detached');
    record.bytes = new Uint8Array(value).slice();
    record.limit = resizable.call(value) ? maxByteLength.call(value) : undefined;
  },
  view(record, value, all) {
    if (value.buffer.detached) throw dataCloneError('A view of an ArrayBuffer that is detached');
    record.name = typedArrayName.call(value) ?? 'DataView';
    record.offset = value.byteOffset;
    record.length = isLengthTracking(value) ? undefined : value.length ?? value.byteLength;
    record.buffer = all.of(value.buffer);
  },
  Map(record, value, all) {
    record.entries = [...Map.prototype.entries.call(value)].map(([key, item]) => [all.of(key), all.of(item)]);
  },
  Set(record, value, all) {
    record.items = [...Set.prototype.values.call(value)].map((item) => all.of(item));
  },
  Array(record, value, all) {
    record.length = value.length;
    record.properties = all.properties(value);
  },
  Object(record, value, all) {
    record.properties = all.properties(value);
  },
  Arguments(record, value, all) {
    record.kind = 'Object';
    record.properties = all.properties(value);
  },
  Error: writeError,
  DOMException(record, value) {
    record.message = value.message;
    record.name = value.name;
    record.stack = value.stack;
  },
  Blob(record, value) {
    record.bytes = bytesOf(value);
    record.type = value.type;
    if (value instanceof File) record.file = { name: value.name, lastModified: value.lastModified };
  },
};

/** Whether a view grows with its buffer: it then reaches to its end. */
function isLengthTracking(view) {
  const { buffer } = view;
  if (!(buffer instanceof ArrayBuffer) || !buffer.resizable) return false;
  const room = buffer.maxByteLength - buffer.byteLength;
  const step = view.BYTES_PER_ELEMENT ?? 1;
  if (room < step) return false;
  const before = view.byteLength;
  buffer.resize(buffer.byteLength + step);
  const tracking = view.byteLength !== before;
  buffer.resize(buffer.byteLength - step);
  return tracking;
}

function writeError(record, value, all) {
  const name = `${value.name ?? 'Error'}`;
  record.name = ERRORS.includes(name) ? name : 'Error';
  const message = Object.getOwnPropertyDescriptor(value, 'message');
  record.message = message && 'value' in message ? `${message.value}` : undefined;
  if (typeof value.stack === 'string') record.stack = value.stack;
  const cause = Object.getOwnPropertyDescriptor(value, 'cause');
  if (cause && 'value' in cause) record.cause = all.of(cause.value);
}
