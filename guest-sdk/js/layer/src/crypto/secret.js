// Keys that are bytes: those of AES, HMAC and the derivations.
import { refusal } from './errors.js';
import { checkJwk, described, member } from './jwk.js';
import { makeKey, materialOf } from './key.js';
import { operations, toBase64Url } from './natives.js';

export const secretKey = (material, algorithm, extractable, usages) =>
  makeKey({ type: 'secret', extractable, algorithm, usages, material });

/** Bytes of a key in a format. */
export function readSecret(format, data, about, extractable, usages) {
  if (format === 'raw') return data;
  if (format !== 'jwk') throw refusal('NotSupportedError', `a secret key has no format ${format}`);
  checkJwk(data, { kty: 'oct', use: about.use }, extractable, usages);
  const bytes = member(data, 'k');
  checkJwk(data, { kty: 'oct', use: about.use, alg: [about.alg(bytes)] }, extractable, usages);
  return bytes;
}

/** The key in a format; `alg` is what a JSON Web Key calls the algorithm. */
export function writeSecret(format, key, alg) {
  const bytes = operations.secretBytes(materialOf(key));
  if (format === 'raw') return bytes;
  if (format === 'jwk') return { kty: 'oct', k: toBase64Url(bytes), alg, ...described(key) };
  throw refusal('NotSupportedError', `a secret key has no format ${format}`);
}
