// `Headers`, after the Fetch standard. What browsers forbid scripts to see or send does not apply to a server.
import { custom } from '../console/inspect.js';
import { expose, iterable, required } from '../idl/index.js';
import * as entries from './header_list.js';

const OWN = Symbol('list');

/** Throws what the standard does for headers that must not be changed. */
function refuseChange() {
  throw new TypeError('Headers are immutable');
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
    required(arguments.length, 2, 'Headers.append');
    name = entries.nameOf(name);
    value = entries.valueOf(value);
    if (this.#immutable) refuseChange();
    this.#list.push(name, value);
  }

  delete(name) {
    required(arguments.length, 1, 'Headers.delete');
    name = entries.nameOf(name);
    if (this.#immutable) refuseChange();
    entries.remove(this.#list, name);
  }

  get(name) {
    required(arguments.length, 1, 'Headers.get');
    return entries.get(this.#list, entries.nameOf(name));
  }

  getSetCookie() {
    return entries.all(this.#list, 'set-cookie');
  }

  has(name) {
    required(arguments.length, 1, 'Headers.has');
    return entries.has(this.#list, entries.nameOf(name));
  }

  set(name, value) {
    required(arguments.length, 2, 'Headers.set');
    name = entries.nameOf(name);
    value = entries.valueOf(value);
    if (this.#immutable) refuseChange();
    entries.set(this.#list, name, value);
  }

  [custom](_depth, options, inspect) {
    return `Headers ${inspect(Object.fromEntries(entries.sorted(this.#list)), options)}`;
  }

  static {
    listBehind = (headers) => headers.#list;
    isHeaders = (value) => typeof value === 'object' && value !== null && #list in value;
  }
}

iterable(Headers, (headers) => entries.sorted(listBehind(headers)));
expose({ Headers });
Object.defineProperty(Headers, 'length', { value: 0, configurable: true });
const iterateHeaders = Headers.prototype[Symbol.iterator];

/** A view of a list: changes of one are changes of the other. */
export const headersOf = (list, immutable = false) => new Headers(OWN, list, immutable);

/** The list that `HeadersInit` makes: a copy, checked. */
export function listOf(init) {
  if (init === null || (typeof init !== 'object' && typeof init !== 'function')) {
    throw new TypeError('Headers: the argument is not an object');
  }
  if (isHeaders(init) && init[Symbol.iterator] === iterateHeaders) return listBehind(init).slice();
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
