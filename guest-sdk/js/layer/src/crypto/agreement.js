// What the agreements of keys have in common.
import { must } from './errors.js';
import { mustBe } from './pair.js';

/** Throws unless the two keys can agree. */
export function checkPeer(key, peer) {
  mustBe('private', key);
  mustBe('public', peer);
  must(peer.algorithm.name === key.algorithm.name, 'InvalidAccessError', 'the keys are of different algorithms');
}

/** The first bits of a shared secret; all of them where no length is asked for. */
export function agreed(secret, length) {
  if (length === null) return secret;
  must(length <= secret.byteLength * 8, 'OperationError', 'the shared secret is shorter');
  const bits = secret.slice(0, Math.ceil(length / 8));
  if (length % 8 !== 0) new Uint8Array(bits)[bits.byteLength - 1] &= 0xff << (8 - (length % 8));
  return bits;
}
