// `node:crypto`: hashes, HMAC, random values and derivation. Ciphers and keys are those of `crypto.subtle`.
export { createHash, createHmac, getHashes, hash } from './digest.js';
export { hkdfSync, pbkdf2, pbkdf2Sync, scrypt, scryptSync } from './derivation.js';
export { getRandomValues, randomBytes, randomFillSync, randomInt, randomUUID } from './random.js';
export { timingSafeEqual } from './bytes.js';

export const { crypto: webcrypto } = globalThis;
export const { subtle } = webcrypto;
