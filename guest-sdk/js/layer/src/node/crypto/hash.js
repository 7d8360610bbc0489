import { operations } from '../../crypto/natives.js';
import { bytesOf, output } from './buffers.js';

const NAMES = {
  md5: 'MD5',
  sha1: 'SHA-1',
  sha224: 'SHA-224',
  sha256: 'SHA-256',
  sha384: 'SHA-384',
  sha512: 'SHA-512',
  'sha512-256': 'SHA-512/256',
};

/** The engine's name of a hash function. Node takes `sha256`, `SHA256`, `sha-256` and `RSA-SHA256`. */
export function nameOfHash(name) {
  const plain = `${name}`.toLowerCase().replace(/^rsa-/, '').replace(/^sha-/, 'sha').replace('/', '-');
  if (Object.hasOwn(NAMES, plain)) return NAMES[plain];
  throw Object.assign(new Error('Digest method not supported'), { code: 'ERR_CRYPTO_INVALID_DIGEST' });
}

export const getHashes = () => Object.keys(NAMES);

const finished = () => Object.assign(new Error('Digest already called'), { code: 'ERR_CRYPTO_HASH_FINALIZED' });

export class Hash {
  #hasher;

  constructor(hasher) {
    this.#hasher = hasher;
  }

  update(data, encoding) {
    if (this.#hasher === undefined) throw finished();
    operations.hasherUpdate(this.#hasher, bytesOf(data, encoding));
    return this;
  }

  digest(encoding) {
    if (this.#hasher === undefined) throw finished();
    const bytes = operations.hasherFinish(this.#hasher);
    this.#hasher = undefined;
    return output(bytes, encoding);
  }

  copy() {
    if (this.#hasher === undefined) throw finished();
    return new Hash(operations.hasherCopy(this.#hasher));
  }
}

export const createHash = (name) => new Hash(operations.hasher(nameOfHash(name)));

/** The hash of something that is there as a whole. */
export const hash = (name, data, encoding = 'hex') => createHash(name).update(data).digest(encoding);
