import buffer from 'buffer';
import { native } from '../../native.js';
import { bytesOf } from './bytes.js';
import { hashName } from './digest.js';

const { Buffer } = buffer;

export function pbkdf2Sync(password, salt, iterations, length, name) {
  const key = native.crypto.secretKey(bytesOf(password));
  return Buffer.from(native.crypto.pbkdf2(hashName(name), key, bytesOf(salt), iterations, length));
}

export function hkdfSync(name, key, salt, info, length) {
  const material = native.crypto.secretKey(bytesOf(key));
  return native.crypto.hkdf(hashName(name), material, bytesOf(salt), bytesOf(info), length);
}

export function scryptSync(password, salt, length, options = {}) {
  const { N = 16384, r = 8, p = 1, cost = N, blockSize = r, parallelization = p } = options;
  return Buffer.from(native.crypto.scrypt(bytesOf(password), bytesOf(salt), cost, blockSize, parallelization, length));
}

/** As a function that calls back: at once computed, later told. */
const calling = (compute) => (...values) => {
  const callback = values.pop();
  let outcome;
  try {
    outcome = [null, compute(...values)];
  } catch (error) {
    outcome = [error];
  }
  queueMicrotask(() => callback(...outcome));
};

export const pbkdf2 = calling(pbkdf2Sync);
export const scrypt = calling(scryptSync);
