// JSON Web Keys (RFC 7517).
import { must } from './errors.js';
import { fromBase64Url } from './natives.js';

const TEXTS = ['kty', 'use', 'alg', 'crv', 'x', 'y', 'd', 'n', 'e', 'p', 'q', 'dp', 'dq', 'qi', 'k'];

/** A copy of a key with its members as they must be. */
export function readJwk(value) {
  if (value === null || typeof value !== 'object') throw new TypeError('a JSON Web Key is an object');
  const jwk = {};
  for (const member of TEXTS) {
    const text = value[member];
    if (text !== undefined) jwk[member] = `${text}`;
  }
  if (value.ext !== undefined) jwk.ext = Boolean(value.ext);
  if (value.key_ops !== undefined) jwk.key_ops = Array.from(value.key_ops, (usage) => `${usage}`);
  if (value.oth !== undefined) jwk.oth = Array.from(value.oth);
  return jwk;
}

/** Throws a `DataError` where the key says that it is not for this. */
export function checkJwk(jwk, { kty, use, alg }, extractable, usages) {
  must(jwk.kty === kty, 'DataError', `kty must be ${kty}`);
  must(usages.length === 0 || jwk.use === undefined || jwk.use === use, 'DataError', `use must be ${use}`);
  if (jwk.key_ops !== undefined) {
    must(new Set(jwk.key_ops).size === jwk.key_ops.length, 'DataError', 'key_ops has a value twice');
    must(usages.every((usage) => jwk.key_ops.includes(usage)), 'DataError', 'key_ops does not allow the usages');
  }
  must(jwk.ext !== false || !extractable, 'DataError', 'the key says that it is not extractable');
  must(alg === undefined || jwk.alg === undefined || alg.includes(jwk.alg), 'DataError', `alg must be ${alg}`);
}

/** The bytes of a member. */
export function member(jwk, name) {
  const decoded = jwk[name] === undefined ? undefined : fromBase64Url(jwk[name]);
  must(decoded !== undefined, 'DataError', `${name} must be base64url`);
  return decoded;
}

/** What every exported key says of itself. */
export const described = (key) => ({ key_ops: [...key.usages], ext: key.extractable });
