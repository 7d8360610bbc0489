// `Headers`, after the Fetch standard. What browsers forbid scripts to see or send does not apply to a server.
import { custom } from '../console/inspect.js';
import { define } from '../global.js';
import * as entries from './header_list.js';

const OWN = Symbol('list');

/** Throws what the standard does for headers that must not be changed. */
function refuseChange() {
  throw new TypeError('Headers are immutable');
}

function required(given, count, method) {
  if (given < count) throw new TypeError(`Headers.${method}: ${count} argument${count > 1 ? 's' : ''} required, but only ${given} present`);
}

let listBehind;
let isHeaders;

export class Headers {
  #list;
  #immutable = false;

  constructor(init = undefined, list = undefined, immutable = undefined) {
    if (init === OWN) {
      this.#list = list;
      this.#immutable = immutable === true;
      return;
    }
    this.#list = init === undefined ? [] : listOf(init);
  }

  append(name, value) {
    required(arguments.length, 2, 'append');
    name = entries.nameOf(name);
    value = entries.valueOf(value);
    if (this.#immutable) refuseChange();
    this.#list.push(name, value);
  }

  delete(name) {
    required(arguments.length, 1, 'delete');
    name = entries.nameOf(name);
    if (this.#immutable) refuseChange();
    entries.remove(this.#list, name);
  }

  get(name) {
    required(arguments.length, 1, 'get');
    return entries.get(this.#list, entries.nameOf(name));
  }

  getSetCookie() {
    return entries.all(this.#list, 'set-cookie');
  }

  has(name) {
    required(arguments.length, 1, 'has');
    return entries.has(this.#list, entries.nameOf(name));
  }

  set(name, value) {
    required(arguments.length, 2, 'set');
    name = entries.nameOf(name);
    value = entries.valueOf(value);
    if (this.#immutable) refuseChange();
    entries.set(this.#list, name, value);
  }

  forEach(callback, thisArgument = undefined) {
    required(arguments.length, 1, 'forEach');
    if (typeof callback !== 'function') throw new TypeError('Headers.forEach: the callback is not a function');
    for (const [name, value] of this) callback.call(thisArgument, value, name, this);
  }

  *entries() {
    // The list may change meanwhile: what is next is looked up by its position.
    for (let index = 0; ; index += 1) {
      const pairs = entries.sorted(this.#list);
      if (index >= pairs.length) return;
      yield pairs[index];
    }
  }

  *keys() {
    for (const [name] of this.entries()) yield name;
  }

  *values() {
    for (const [, value] of this.entries()) yield value;
  }

  [custom](_depth, options, inspect) {
    return `Headers ${inspect(Object.fromEntries(entries.sorted(this.#list)), options)}`;
  }

  static {
    listBehind = (headers) => headers.#list;
    isHeaders = (value) => typeof value === 'object' && value !== null && #list in value;
  }
}

Object.defineProperty(Headers.prototype, Symbol.iterator, {
  value: Headers.prototype.entries,
  writable: true,
  configurable: true,
  enumerable: false,
});
for (const name of ['append', 'delete', 'get', 'getSetCookie', 'has', 'set', 'forEach', 'entries', 'keys', 'values']) {
  Object.defineProperty(Headers.prototype, name, { enumerable: true });
}
Object.defineProperty(Headers.prototype, Symbol.toStringTag, { value: 'Headers', configurable: true });
define('Headers', Headers);

/** A view of a list: changes of one are changes of the other. */
export const headersOf = (list, immutable = false) => new Headers(OWN, list, immutable);

/** The list that `HeadersInit` makes: a copy, checked. */
export function listOf(init) {
  if (typeof init !== 'object' && typeof init !== 'function') throw new TypeError('Headers: the argument is not an object');
  if (init === null) throw new TypeError('Headers: the argument is not an object');
  if (isHeaders(init) && init[Symbol.iterator] === Headers.prototype.entries) return listBehind(init).slice();
  const list = [];
  const iterate = init[Symbol.iterator];
  if (iterate === undefined || iterate === null) {
    for (const name of Reflect.ownKeys(init)) {
      if (!Object.prototype.propertyIsEnumerable.call(init, name)) continue;
      if (typeof name === 'symbol') throw new TypeError('Headers: a name is a symbol');
      list.push(entries.nameOf(name), entries.valueOf(init[name]));
    }
    return list;
  }
  if (typeof iterate !== 'function') throw new TypeError('Headers: the argument is not iterable');
  for (const pair of init) {
    const [name, value, ...more] = typeof pair === 'object' && pair !== null ? pair : [];
    if (value === undefined || more.length > 0) throw new TypeError('Headers: each pair must have a name and a value');
    list.push(entries.nameOf(name), entries.valueOf(value));
  }
  return list;
}
