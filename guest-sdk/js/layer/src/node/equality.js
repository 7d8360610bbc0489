// Deep equality, as `node:assert` and `node:util` mean it.
import { isBoxedPrimitive, isDate, isMap, isNativeError, isRegExp, isSet } from './types.js';

/**
 * @param {boolean} isStrict whether types, prototypes and symbols count, and `0` differs from `-0`
 * @param {Array<[object, object]>} path what is being compared: a pair that comes again is equal, as far as it goes
 */
export function isDeepEqual(a, b, isStrict, path = []) {
  if (!isComposite(a) || !isComposite(b)) return isSame(a, b, isStrict);
  if (a === b || path.some(([first, second]) => first === a && second === b)) return true;
  if (!isSameKind(a, b, isStrict)) return false;
  const inner = [...path, [a, b]];
  const compare = (first, second) => isDeepEqual(first, second, isStrict, inner);
  return isSameContent(a, b, isStrict, compare) && haveSameKeys(a, b, isStrict, compare);
}

const isComposite = (value) => typeof value === 'object' && value !== null;

function isSame(a, b, isStrict) {
  if (isStrict) return Object.is(a, b);
  // eslint-disable-next-line eqeqeq
  return (isComposite(a) === isComposite(b) && a == b) || (Number.isNaN(a) && Number.isNaN(b));
}

const tagOf = (value) => Object.prototype.toString.call(value);

function isSameKind(a, b, isStrict) {
  if (isStrict && Object.getPrototypeOf(a) !== Object.getPrototypeOf(b)) return false;
  return tagOf(a) === tagOf(b) && Array.isArray(a) === Array.isArray(b);
}

/** Compares what is not in properties. */
function isSameContent(a, b, isStrict, compare) {
  if (Array.isArray(a)) return a.length === b.length;
  if (isDate(a)) return isDate(b) && Object.is(a.getTime(), b.getTime());
  if (isRegExp(a)) return String(a) === String(b) && a.lastIndex === b.lastIndex;
  if (isNativeError(a)) return a.name === b.name && a.message === b.message && compare(a.cause, b.cause);
  if (isBoxedPrimitive(a)) return isBoxedPrimitive(b) && Object.is(a.valueOf(), b.valueOf());
  if (a instanceof ArrayBuffer) return isSameBytes(new Uint8Array(a), new Uint8Array(b));
  if (ArrayBuffer.isView(a)) return isSameView(a, b, isStrict);
  if (isSet(a)) return isSet(b) && isSameSet(a, b, isStrict, compare);
  if (isMap(a)) return isMap(b) && isSameMap(a, b, isStrict, compare);
  return true;
}

const bytesOf = (view) => new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
const isSameBytes = (a, b) => a.length === b.length && a.every((byte, at) => byte === b[at]);

function isSameView(a, b, isStrict) {
  if (isStrict || a instanceof DataView) return isSameBytes(bytesOf(a), bytesOf(b));
  return a.length === b.length && a.every((number, at) => isSame(number, b[at], false));
}

/** Whether each value of one has another that it is equal to. */
function isSameSet(a, b, isStrict, compare) {
  if (a.size !== b.size) return false;
  const rest = [...b];
  return [...a].every((value) => take(rest, (other) => compare(value, other)));
}

function isSameMap(a, b, isStrict, compare) {
  if (a.size !== b.size) return false;
  const rest = [...b];
  return [...a].every(([key, value]) => take(rest, (other) => compare(key, other[0]) && compare(value, other[1])));
}

function take(list, matches) {
  const at = list.findIndex(matches);
  if (at >= 0) list.splice(at, 1);
  return at >= 0;
}

function keysOf(object, isStrict) {
  if (ArrayBuffer.isView(object)) return [];
  const keys = Object.keys(object);
  if (!isStrict) return keys;
  const isEnumerable = (symbol) => Object.prototype.propertyIsEnumerable.call(object, symbol);
  return [...keys, ...Object.getOwnPropertySymbols(object).filter(isEnumerable)];
}

function haveSameKeys(a, b, isStrict, compare) {
  const keys = keysOf(a, isStrict);
  if (keys.length !== keysOf(b, isStrict).length) return false;
  return keys.every((key) => Object.prototype.propertyIsEnumerable.call(b, key) && compare(a[key], b[key]));
}
