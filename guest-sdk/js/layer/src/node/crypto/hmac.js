import { operations } from '../../crypto/natives.js';
import { Buffer } from '../buffer.js';
import { bytesOf, output } from './buffers.js';
import { nameOfHash } from './hash.js';

export class Hmac {
  #hash;
  #key;
  #parts = [];

  constructor(hash, key) {
    this.#hash = nameOfHash(hash);
    this.#key = operations.secretKey(bytesOf(key));
  }

  update(data, encoding) {
    // Copied: the caller may write into its buffer before the digest is asked for.
    this.#parts.push(bytesOf(data, encoding).slice());
    return this;
  }

  digest(encoding) {
    const data = new Uint8Array(Buffer.concat(this.#parts));
    this.#parts = [];
    return output(operations.hmacSign(this.#hash, this.#key, data), encoding);
  }
}

export const createHmac = (hash, key) => new Hmac(hash, key);
