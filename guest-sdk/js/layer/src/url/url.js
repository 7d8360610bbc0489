// `URL`, after the URL standard. The engine parses; what it says of a URL is its text and where its parts are in it.
import { expose, required, usvString } from '../idl/index.js';
import { native } from '../native.js';
import { URLSearchParams, replace } from './search_params.js';

const { parse, change } = native.url;

// What the engine's answer holds, in order: the text, then the positions at which these begin or end.
const HREF = 0;
const SCHEME_END = 1;
const USERNAME = 2;
const USERNAME_END = 3;
const PASSWORD = 4;
const PASSWORD_END = 5;
const HOST = 6;
const HOST_END = 7;
const PORT_END = 8;
const PATH = 9;
const PATH_END = 10;
const QUERY_END = 11;
const ORIGIN = 12;

export class URL {
  #parts;
  #params;

  constructor(url, base = undefined) {
    required(arguments.length, 1, 'URL');
    this.#parts = partsOf(url, base);
    if (this.#parts === undefined) throw new TypeError(`Invalid URL: ${JSON.stringify(`${url}`)}`);
  }

  static canParse(url, base = undefined) {
    required(arguments.length, 1, 'URL.canParse');
    return partsOf(url, base) !== undefined;
  }

  static parse(url, base = undefined) {
    required(arguments.length, 1, 'URL.parse');
    const parts = partsOf(url, base);
    if (parts === undefined) return null;
    const made = new URL('about:blank');
    made.#parts = parts;
    return made;
  }

  get href() {
    return this.#parts[HREF];
  }

  set href(value) {
    const parts = partsOf(value);
    if (parts === undefined) throw new TypeError(`Invalid URL: ${JSON.stringify(`${value}`)}`);
    this.#parts = parts;
    this.#updateParams();
  }

  get origin() {
    return this.#parts[ORIGIN] ?? this.#slice(0, SCHEME_END) + '//' + this.host;
  }

  get protocol() {
    return this.#slice(0, SCHEME_END);
  }

  set protocol(value) {
    this.#change('protocol', value);
  }

  get username() {
    return this.#slice(USERNAME, USERNAME_END);
  }

  set username(value) {
    this.#change('username', value);
  }

  get password() {
    return this.#slice(PASSWORD, PASSWORD_END);
  }

  set password(value) {
    this.#change('password', value);
  }

  get host() {
    return this.#slice(HOST, PORT_END);
  }

  set host(value) {
    this.#change('host', value);
  }

  get hostname() {
    return this.#slice(HOST, HOST_END);
  }

  set hostname(value) {
    this.#change('hostname', value);
  }

  get port() {
    return this.#parts[HREF].slice(this.#parts[HOST_END] + 1, this.#parts[PORT_END]);
  }

  set port(value) {
    this.#change('port', value);
  }

  get pathname() {
    return this.#slice(PATH, PATH_END);
  }

  set pathname(value) {
    this.#change('pathname', value);
  }

  get search() {
    const search = this.#slice(PATH_END, QUERY_END);
    return search === '?' ? '' : search;
  }

  set search(value) {
    this.#change('search', value);
    this.#updateParams();
  }

  get searchParams() {
    if (this.#params === undefined) {
      const update = () => {
        this.#change('search', String(this.#params));
      };
      this.#params = replace(new URLSearchParams(), this.search.slice(1), update);
    }
    return this.#params;
  }

  get hash() {
    const hash = this.#parts[HREF].slice(this.#parts[QUERY_END]);
    return hash === '#' ? '' : hash;
  }

  set hash(value) {
    this.#change('hash', value);
  }

  toString() {
    return this.#parts[HREF];
  }

  toJSON() {
    return this.#parts[HREF];
  }

  #slice(from, to) {
    const parts = this.#parts;
    return parts[HREF].slice(from === 0 ? 0 : parts[from], parts[to]);
  }

  #change(part, value) {
    this.#parts = change(this.#parts[HREF], part, usvString(value)) ?? this.#parts;
  }

  #updateParams() {
    if (this.#params) replace(this.#params, this.search.slice(1));
  }
}

function partsOf(url, base = undefined) {
  return base === undefined ? parse(usvString(url)) : parse(usvString(url), usvString(base));
}

expose({ URL });
