import { operations } from '../../crypto/natives.js';
import { bytesOf, later, output } from './buffers.js';
import { nameOfHash } from './hash.js';

const secret = (value) => operations.secretKey(bytesOf(value));

export function pbkdf2Sync(password, salt, iterations, length, digest) {
  if (!(iterations >= 1)) throw new RangeError('The value of "iterations" is out of range');
  return output(operations.pbkdf2(nameOfHash(digest), secret(password), bytesOf(salt), iterations, length));
}

export function pbkdf2(password, salt, iterations, length, digest, callback) {
  later(callback, () => pbkdf2Sync(password, salt, iterations, length, digest));
}

/** As Node has it, this gives an `ArrayBuffer`. */
export function hkdfSync(digest, key, salt, info, length) {
  return operations.hkdf(nameOfHash(digest), secret(key), bytesOf(salt), bytesOf(info), length);
}

export function hkdf(digest, key, salt, info, length, callback) {
  later(callback, () => hkdfSync(digest, key, salt, info, length));
}

export function scryptSync(password, salt, length, options = {}) {
  const { N = options.cost ?? 16384, r = options.blockSize ?? 8, p = options.parallelization ?? 1 } = options;
  return output(operations.scrypt(bytesOf(password), bytesOf(salt), N, r, p, length));
}

export function scrypt(password, salt, length, ...rest) {
  const callback = rest.pop();
  later(callback, () => scryptSync(password, salt, length, rest[0]));
}
