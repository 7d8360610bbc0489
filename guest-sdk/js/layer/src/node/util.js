// `node:util`.
import { formatWithOptions as formatValues } from '../console/format.js';
import { inspect } from '../console/inspect.js';
import { isDeepEqual } from './equality.js';
import * as types from './types.js';

const { TextDecoder, TextEncoder } = globalThis;
const CUSTOM = Symbol.for('nodejs.util.promisify.custom');
// eslint-disable-next-line no-control-regex
const ESCAPES = /\x1b\[[0-9;?]*[ -/]*[@-~]/g;

export { inspect, types, TextDecoder, TextEncoder };

export const format = (...values) => formatValues({}, values);
export const formatWithOptions = (options, ...values) => formatValues(options, values);
export const isDeepStrictEqual = (a, b) => isDeepEqual(a, b, true);
export const isArray = Array.isArray;
export const stripVTControlCharacters = (text) => text.replace(ESCAPES, '');
export const toUSVString = (text) => `${text}`.toWellFormed();

function needFunction(value) {
  if (typeof value !== 'function') throw new TypeError('The argument must be of type function');
}

/** A function that returns a promise of what another gives to the callback that it takes last. */
export function promisify(original) {
  needFunction(original);
  if (original[CUSTOM]) return original[CUSTOM];
  function promised(...values) {
    return new Promise((resolve, reject) => {
      original.call(this, ...values, (error, value) => (error ? reject(error) : resolve(value)));
    });
  }
  Object.setPrototypeOf(promised, Object.getPrototypeOf(original));
  return Object.defineProperties(promised, {
    ...Object.getOwnPropertyDescriptors(original),
    [CUSTOM]: { value: promised, configurable: true },
  });
}
promisify.custom = CUSTOM;

/** The other way round. */
export function callbackify(original) {
  needFunction(original);
  return function (...values) {
    const callback = values.pop();
    needFunction(callback);
    original.apply(this, values).then(
      (value) => queueMicrotask(() => callback.call(this, null, value)),
      (reason) => queueMicrotask(() => callback.call(this, reason || rejected(reason))),
    );
  };
}

/** A callback learns of an error by its first argument being true. */
const rejected = (reason) => Object.assign(new Error('Promise was rejected with a falsy value'), { reason });

export function inherits(constructor, parent) {
  needFunction(constructor);
  needFunction(parent);
  constructor.super_ = parent;
  Object.setPrototypeOf(constructor.prototype, parent.prototype);
}

/** A function that warns when it is first called. */
export function deprecate(original, message, code) {
  let hasWarned = false;
  return function (...values) {
    if (!hasWarned) console.warn(`${code ? `[${code}] ` : ''}DeprecationWarning: ${message}`);
    hasWarned = true;
    return new.target ? Reflect.construct(original, values, new.target) : original.apply(this, values);
  };
}

/** No sections are turned on. */
export const debuglog = () => Object.assign(() => {}, { enabled: false });
export const debug = debuglog;
