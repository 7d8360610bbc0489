// `URLSearchParams`, after the URL standard.
import { expose, iterable, required, usvString } from '../idl/index.js';
import { native } from '../native.js';

const { parseForm, serializeForm } = native.url;

let pairsOf;
let replace;

export class URLSearchParams {
  /** Pairs of strings. */
  #pairs = [];
  /** Tells the URL whose query this is of a change. */
  #changed;

  static {
    pairsOf = (params) => params.#pairs;
    replace = (params, query, changed) => {
      params.#pairs = parse(query);
      if (changed) params.#changed = changed;
      return params;
    };
  }

  constructor(init = undefined) {
    if (init === undefined || init === '') return;
    if (typeof init === 'object' ? init !== null : typeof init === 'function') {
      const iterator = init[Symbol.iterator];
      this.#pairs = iterator === undefined || iterator === null ? record(init) : sequence(init);
    } else {
      const text = usvString(init);
      this.#pairs = parse(text.startsWith('?') ? text.slice(1) : text);
    }
  }

  get size() {
    return this.#pairs.length;
  }

  append(name, value) {
    required(arguments.length, 2, 'URLSearchParams.append');
    this.#pairs.push([usvString(name), usvString(value)]);
    this.#changed?.();
  }

  delete(name, value = undefined) {
    required(arguments.length, 1, 'URLSearchParams.delete');
    const key = usvString(name);
    const only = value === undefined ? undefined : usvString(value);
    const kept = ([other, held]) => other !== key || (only !== undefined && held !== only);
    this.#pairs = this.#pairs.filter(kept);
    this.#changed?.();
  }

  get(name) {
    required(arguments.length, 1, 'URLSearchParams.get');
    const key = usvString(name);
    for (const pair of this.#pairs) if (pair[0] === key) return pair[1];
    return null;
  }

  getAll(name) {
    required(arguments.length, 1, 'URLSearchParams.getAll');
    const key = usvString(name);
    return this.#pairs.filter((pair) => pair[0] === key).map((pair) => pair[1]);
  }

  has(name, value = undefined) {
    required(arguments.length, 1, 'URLSearchParams.has');
    const key = usvString(name);
    const only = value === undefined ? undefined : usvString(value);
    return this.#pairs.some((pair) => pair[0] === key && (only === undefined || pair[1] === only));
  }

  set(name, value) {
    required(arguments.length, 2, 'URLSearchParams.set');
    const key = usvString(name);
    const text = usvString(value);
    const index = this.#pairs.findIndex((pair) => pair[0] === key);
    if (index < 0) {
      this.#pairs.push([key, text]);
    } else {
      this.#pairs[index] = [key, text];
      this.#pairs = this.#pairs.filter((pair, at) => at <= index || pair[0] !== key);
    }
    this.#changed?.();
  }

  sort() {
    this.#pairs.sort(([a], [b]) => (a < b ? -1 : Number(a > b)));
    this.#changed?.();
  }

  toString() {
    return serializeForm(this.#pairs.flat());
  }
}

function parse(query) {
  const flat = query === '' ? [] : parseForm(query);
  const pairs = [];
  for (let index = 0; index < flat.length; index += 2) pairs.push([flat[index], flat[index + 1]]);
  return pairs;
}

function record(init) {
  const pairs = new Map();
  for (const key of Reflect.ownKeys(init)) {
    if (!Object.getOwnPropertyDescriptor(init, key)?.enumerable) continue;
    pairs.set(usvString(key), usvString(init[key]));
  }
  return [...pairs];
}

function sequence(init) {
  const pairs = [];
  for (const entry of init) {
    if ((typeof entry !== 'object' && typeof entry !== 'function') || entry === null) {
      throw new TypeError('URLSearchParams: an entry is no pair of a name and a value');
    }
    const pair = [...entry];
    if (pair.length !== 2) throw new TypeError('URLSearchParams: an entry is no pair of a name and a value');
    pairs.push([usvString(pair[0]), usvString(pair[1])]);
  }
  return pairs;
}

expose({ URLSearchParams });
iterable(URLSearchParams, (params) => pairsOf(params));

/** Gives an object other pairs; `changed` is called after every change to come. */
export { replace };
