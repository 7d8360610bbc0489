// `FormData`, after the XMLHttpRequest standard.
import { Blob } from '../blob/blob.js';
import { File } from '../blob/file.js';
import { expose, iterable, required, usvString } from '../idl/index.js';

let pairsOf;

export class FormData {
  #pairs = [];

  static {
    pairsOf = (form) => form.#pairs;
  }

  constructor(form = undefined) {
    if (form !== undefined) throw new TypeError('FormData: there are no forms here to be read');
  }

  append(name, value, filename = undefined) {
    required(arguments.length, 2, 'FormData.append');
    this.#pairs.push(entry('append', name, value, filename, arguments.length));
  }

  delete(name) {
    required(arguments.length, 1, 'FormData.delete');
    const key = usvString(name);
    this.#pairs = this.#pairs.filter((pair) => pair[0] !== key);
  }

  get(name) {
    required(arguments.length, 1, 'FormData.get');
    const key = usvString(name);
    return this.#pairs.find((pair) => pair[0] === key)?.[1] ?? null;
  }

  getAll(name) {
    required(arguments.length, 1, 'FormData.getAll');
    const key = usvString(name);
    return this.#pairs.filter((pair) => pair[0] === key).map((pair) => pair[1]);
  }

  has(name) {
    required(arguments.length, 1, 'FormData.has');
    const key = usvString(name);
    return this.#pairs.some((pair) => pair[0] === key);
  }

  set(name, value, filename = undefined) {
    required(arguments.length, 2, 'FormData.set');
    const pair = entry('set', name, value, filename, arguments.length);
    const index = this.#pairs.findIndex((other) => other[0] === pair[0]);
    if (index < 0) {
      this.#pairs.push(pair);
      return;
    }
    this.#pairs[index] = pair;
    this.#pairs = this.#pairs.filter((other, at) => at <= index || other[0] !== pair[0]);
  }
}

function entry(method, name, value, filename, given) {
  const key = usvString(name);
  if (!(value instanceof Blob)) {
    if (given > 2) throw new TypeError(`FormData.${method}: a value with a file name must be a Blob`);
    return [key, usvString(value)];
  }
  if (value instanceof File && filename === undefined) return [key, value];
  const called = filename === undefined ? 'blob' : usvString(filename);
  const { lastModified } = value;
  return [key, new File([value], called, { type: value.type, lastModified })];
}

expose({ FormData });
iterable(FormData, (form) => pairsOf(form));
