import { operations } from '../../crypto/natives.js';
import { bytesOf } from './buffers.js';

/** Compares in a time that does not tell where the two differ. */
export function timingSafeEqual(a, b) {
  if (typeof a === 'string' || typeof b === 'string') throw new TypeError('The arguments must be buffers');
  const [first, second] = [bytesOf(a), bytesOf(b)];
  if (first.length !== second.length) {
    const error = new RangeError('Input buffers must have the same byte length');
    throw Object.assign(error, { code: 'ERR_CRYPTO_TIMING_SAFE_EQUAL_LENGTH' });
  }
  return operations.equal(first, second);
}
