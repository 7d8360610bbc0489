import { format as formatValues } from '../../console/format.js';

export { inspect } from '../../console/inspect.js';
export { isDeepStrictEqual } from './equal.js';
export { callbackify, promisify } from './promisify.js';
export { types } from './types.js';

const { TextDecoder, TextEncoder } = globalThis;
export { TextDecoder, TextEncoder };

export const format = (...values) => formatValues(values);

/** Makes instances of one constructor inherit from another. */
export function inherits(constructor, parent) {
  Object.defineProperty(constructor, 'super_', { value: parent, writable: true, configurable: true });
  Object.setPrototypeOf(constructor.prototype, parent.prototype);
}

/** A function that says once that it is out of use. */
export function deprecate(original, message) {
  let said = false;
  return function (...values) {
    if (!said) console.warn(`DeprecationWarning: ${message}`);
    said = true;
    return Reflect.apply(original, this, values);
  };
}

export const debuglog = () => () => {};

export const stripVTControlCharacters = (text) => text.replace(/\u001b\[[0-9;]*[A-Za-z]/g, '');

export const toUSVString = (text) => `${text}`.toWellFormed();

export const { isArray } = Array;
