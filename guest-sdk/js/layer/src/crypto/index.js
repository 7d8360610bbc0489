import { define } from '../global.js';
import { native } from '../native.js';
import './digest.js';
import './aes.js';
import './derivation.js';
import './ec.js';
import './hmac.js';
import './okp.js';
import './rsa.js';
import { refusal } from './errors.js';
import { CryptoKey } from './key.js';
import { subtle, SubtleCrypto } from './subtle.js';

const TOKEN = Symbol('Crypto');
/** Bytes that one call of `getRandomValues` gives at most. */
const QUOTA = 65536;
const INTEGERS = new Set([
  'Int8Array', 'Uint8Array', 'Uint8ClampedArray', 'Int16Array', 'Uint16Array',
  'Int32Array', 'Uint32Array', 'BigInt64Array', 'BigUint64Array',
]);
const nameOfArray = Object.getOwnPropertyDescriptor(Object.getPrototypeOf(Uint8Array.prototype), Symbol.toStringTag).get;

class Crypto {
  #subtle = subtle;

  constructor(token) {
    if (token !== TOKEN) throw new TypeError('Illegal constructor');
  }

  get subtle() {
    return this.#subtle;
  }

  /** Fills an array of integers. */
  getRandomValues(array) {
    this.#subtle;
    if (!ArrayBuffer.isView(array)) throw new TypeError('getRandomValues needs an array of integers');
    if (!INTEGERS.has(nameOfArray.call(array))) throw refusal('TypeMismatchError', 'the array must be of integers');
    if (array.byteLength > QUOTA) throw refusal('QuotaExceededError', `at most ${QUOTA} bytes at once`);
    native.crypto.fill(new Uint8Array(array.buffer, array.byteOffset, array.byteLength));
    return array;
  }

  randomUUID() {
    this.#subtle;
    return native.crypto.uuid();
  }

  static {
    for (const name of ['subtle', 'getRandomValues', 'randomUUID']) {
      Object.defineProperty(this.prototype, name, { enumerable: true });
    }
    Object.defineProperty(this.prototype, Symbol.toStringTag, { value: 'Crypto', configurable: true });
  }
}

define('Crypto', Crypto);
define('CryptoKey', CryptoKey);
define('SubtleCrypto', SubtleCrypto);
define('crypto', new Crypto(TOKEN));
