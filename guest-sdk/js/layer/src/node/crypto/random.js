import buffer from 'buffer';
import { native } from '../../native.js';
import { bytesOf } from './bytes.js';

const { Buffer } = buffer;

/** Calls back with a value if there is a callback, returns it else. */
export const answer = (value, callback) => {
  if (callback === undefined) return value;
  queueMicrotask(() => callback(null, value));
  return undefined;
};

export const randomBytes = (size, callback) => answer(Buffer.from(native.crypto.random(size)), callback);
export const randomUUID = () => native.crypto.uuid();
export const getRandomValues = (array) => crypto.getRandomValues(array);

export function randomFillSync(target, offset = 0, size = undefined) {
  const bytes = bytesOf(target);
  native.crypto.fill(bytes.subarray(offset, size === undefined ? bytes.length : offset + size));
  return target;
}

/** An integer from `low` to below `high`, each as likely. */
export function randomInt(low, high, callback) {
  if (high === undefined || typeof high === 'function') [low, high, callback] = [0, low, high];
  const range = high - low;
  if (!Number.isSafeInteger(low) || !Number.isSafeInteger(high) || !(range > 0 && range <= 2 ** 48 - 1)) {
    throw new RangeError('The range must be of safe integers, and hold from 1 to 2^48 - 1 of them');
  }
  const limit = 2 ** 48 - (2 ** 48 % range);
  for (;;) {
    const [a, b, c] = new Uint16Array(native.crypto.random(6));
    const number = a * 2 ** 32 + b * 2 ** 16 + c;
    if (number < limit) return answer(low + (number % range), callback);
  }
}
