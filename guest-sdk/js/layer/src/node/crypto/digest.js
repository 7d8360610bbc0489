import { native } from '../../native.js';
import { bytesOf, result } from './bytes.js';

const NAMES = {
  md5: 'MD5',
  sha1: 'SHA-1',
  sha224: 'SHA-224',
  sha256: 'SHA-256',
  sha384: 'SHA-384',
  sha512: 'SHA-512',
  'sha512-256': 'SHA-512/256',
};

/** The name that the engine knows a hash by. */
export function hashName(name) {
  const plain = `${name}`.toLowerCase().replace(/^rsa-/, '').replace(/^sha-/, 'sha');
  if (!Object.hasOwn(NAMES, plain)) throw new Error(`Digest method not supported: ${name}`);
  return NAMES[plain];
}

export const getHashes = () => Object.keys(NAMES);

class Hash {
  #hasher;
  #done = false;

  constructor(hasher) {
    this.#hasher = hasher;
  }

  update(data, encoding) {
    if (this.#done) throw new Error('Digest already called');
    native.crypto.hasherUpdate(this.#hasher, bytesOf(data, encoding));
    return this;
  }

  digest(encoding) {
    if (this.#done) throw new Error('Digest already called');
    this.#done = true;
    return result(native.crypto.hasherFinish(this.#hasher), encoding);
  }

  copy() {
    if (this.#done) throw new Error('Digest already called');
    return new Hash(native.crypto.hasherCopy(this.#hasher));
  }
}

class Hmac {
  #inner;
  #outer;
  #done = false;

  constructor(name, key) {
    const block = /-(384|512)/.test(name) ? 128 : 64;
    const padded = new Uint8Array(block);
    padded.set(key.length > block ? new Uint8Array(native.crypto.digest(name, key)) : key);
    this.#inner = native.crypto.hasher(name);
    this.#outer = native.crypto.hasher(name);
    native.crypto.hasherUpdate(this.#inner, padded.map((byte) => byte ^ 0x36));
    native.crypto.hasherUpdate(this.#outer, padded.map((byte) => byte ^ 0x5c));
  }

  update(data, encoding) {
    if (this.#done) throw new Error('Digest already called');
    native.crypto.hasherUpdate(this.#inner, bytesOf(data, encoding));
    return this;
  }

  digest(encoding) {
    if (this.#done) throw new Error('Digest already called');
    this.#done = true;
    native.crypto.hasherUpdate(this.#outer, new Uint8Array(native.crypto.hasherFinish(this.#inner)));
    return result(native.crypto.hasherFinish(this.#outer), encoding);
  }
}

export const createHash = (name) => new Hash(native.crypto.hasher(hashName(name)));
export const createHmac = (name, key) => new Hmac(hashName(name), bytesOf(key));
export const hash = (name, data, encoding = 'hex') => createHash(name).update(data).digest(encoding);
