// `node:crypto`: hashes, codes, derivations, random numbers.
export { createHash, getHashes, hash, Hash } from './hash.js';
export { createHmac, Hmac } from './hmac.js';
export { hkdf, hkdfSync, pbkdf2, pbkdf2Sync, scrypt, scryptSync } from './derivation.js';
export { randomBytes, randomFill, randomFillSync, randomInt, randomUUID } from './random.js';
export { timingSafeEqual } from './equal.js';

export const webcrypto = globalThis.crypto;
export const subtle = webcrypto.subtle;
export const getRandomValues = (array) => webcrypto.getRandomValues(array);
