// Keys that come in pairs.
import { allow, only } from './usages.js';
import { makeKey } from './key.js';
import { must } from './errors.js';

/**
 * A generated pair. The public key is extractable whatever the caller wants of the private one.
 * @param {[object, object]} materials
 * @param {{ public: string[], private: string[] }} usable
 */
export function makePair([publicKey, privateKey], algorithm, extractable, usages, usable) {
  return {
    publicKey: publicPart(publicKey, algorithm, true, only(usages, usable.public)),
    privateKey: privatePart(privateKey, algorithm, extractable, only(usages, usable.private)),
  };
}

export const publicPart = (material, algorithm, extractable, usages) =>
  makeKey({ type: 'public', extractable, algorithm, usages, material });

export const privatePart = (material, algorithm, extractable, usages) =>
  makeKey({ type: 'private', extractable, algorithm, usages, material });

/** The usages that a pair may have. */
export const allowPair = (usages, usable) => allow(usages, [...usable.public, ...usable.private]);

/** Throws unless the key is of a type. */
export function mustBe(type, key) {
  must(key.type === type, 'InvalidAccessError', `the operation needs a ${type} key`);
}
