import { native } from '../native.js';
import { bytesOf, textOf } from './bytes.js';
import { settled } from './call.js';
import { KvError } from './errors.js';

const host = native.services.kv;

/** A bucket that is open. */
class Bucket {
  #number;

  constructor(number) {
    this.#number = number;
  }

  get(key) {
    return settled(KvError, () => host.get(this.#number, String(key)));
  }

  async getText(key) {
    return textOf(await this.get(key));
  }

  async getJson(key) {
    const text = await this.getText(key);
    return text === undefined ? undefined : parsed(text);
  }

  async set(key, value) {
    const bytes = bytesOf(value, 'the value');
    return settled(KvError, () => host.set(this.#number, String(key), bytes));
  }

  async setJson(key, value) {
    return this.set(key, written(value));
  }

  delete(key) {
    return settled(KvError, () => host.delete(this.#number, String(key)));
  }

  exists(key) {
    return settled(KvError, () => host.exists(this.#number, String(key)));
  }

  async increment(key, delta = 1) {
    if (!Number.isSafeInteger(delta) || delta < 0) throw new TypeError('a number is incremented by a whole number from 0');
    return settled(KvError, () => host.increment(this.#number, String(key), delta));
  }

  /** Every key, in the order in which they were first set, a page at a time. */
  async *keys() {
    let after;
    do {
      const page = await settled(KvError, () => host.keys(this.#number, after));
      yield* page.keys;
      after = page.next;
    } while (after !== undefined);
  }

  getMany(keys) {
    return settled(KvError, () => host.getMany(this.#number, Array.from(keys, String)));
  }

  async setMany(entries) {
    const pairs = Array.from(Symbol.iterator in entries ? entries : Object.entries(entries));
    const keys = pairs.map(([key]) => String(key));
    const values = pairs.map(([key, value]) => bytesOf(value, `the value of ${key}`));
    return settled(KvError, () => host.setMany(this.#number, keys, values));
  }

  deleteMany(keys) {
    return settled(KvError, () => host.deleteMany(this.#number, Array.from(keys, String)));
  }
}

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new KvError(`invalid JSON: ${cause.message}`, { code: 'invalid-json', cause });
  }
}

function written(value) {
  const json = JSON.stringify(value);
  if (json === undefined) throw new KvError('invalid JSON: there is nothing to write', { code: 'invalid-json' });
  return json;
}

export const kv = Object.freeze({
  async open(name) {
    return new Bucket(await settled(KvError, () => host.open(String(name))));
  },
});
