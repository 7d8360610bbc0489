// `Request`, after the Fetch standard. The one that a function is called with asks the engine for its parts when they are
// wanted.
import { custom } from '../console/inspect.js';
import { AbortController, AbortSignal } from '../events/abort.js';
import { dictionary, expose, required } from '../idl/index.js';
import { native } from '../native.js';
import { URL } from '../url/url.js';
import { Body, extract, withBody } from './body.js';
import { fromLines, has } from './header_list.js';
import { headersOf, listOf } from './headers.js';
import { INCOMING, NativeBody } from './native_body.js';

const ARRIVED = Symbol('arrived');
const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
const FORBIDDEN = ['CONNECT', 'TRACE', 'TRACK'];
const UPPER = ['DELETE', 'GET', 'HEAD', 'OPTIONS', 'POST', 'PUT'];

/** Options that are kept, and read, but change nothing on a server: their names, usual values and other valid ones. */
const OPTIONS = {
  mode: ['cors', 'same-origin', 'no-cors'],
  credentials: ['same-origin', 'omit', 'include'],
  cache: ['default', 'no-store', 'reload', 'no-cache', 'force-cache', 'only-if-cached'],
  redirect: ['follow', 'error', 'manual'],
  referrerPolicy: [
    '', 'no-referrer', 'no-referrer-when-downgrade', 'same-origin', 'origin', 'strict-origin',
    'origin-when-cross-origin', 'strict-origin-when-cross-origin', 'unsafe-url',
  ],
};
const USUAL = Object.freeze({
  ...Object.fromEntries(Object.entries(OPTIONS).map(([name, [usual]]) => [name, usual])),
  referrer: 'about:client',
  integrity: '',
  keepalive: false,
});

let partsBehind;
let isRequest;

export class Request {
  #method;
  #url;
  #list;
  #headers;
  #body;
  #signal;
  #options = USUAL;

  constructor(input, init = undefined) {
    if (input === ARRIVED) return;
    required(arguments.length, 1, 'Request');
    init = dictionary(init, 'Request');
    const from = isRequest(input) ? input : undefined;
    this.#url = from ? from.url : parse(input);
    this.#options = optionsOf(init, from ? from.#options : USUAL);
    this.#method = init.method === undefined ? (from?.method ?? 'GET') : methodOf(init.method);
    this.#signal = signalOf(init.signal, from);
    this.#list = init.headers === undefined ? (from ? from.#ownList().slice() : []) : listOf(init.headers);
    this.#body = this.#bodyOf(init, from);
  }

  #bodyOf(init, from) {
    const given = init.body ?? null;
    const inherited = given === null ? (from?.#ownBody() ?? null) : null;
    if ((given !== null || inherited !== null) && (this.#method === 'GET' || this.#method === 'HEAD')) {
      throw new TypeError('Request with GET/HEAD method cannot have body');
    }
    if (given === null) return inherited && inherited.moved();
    const { body, type } = extract(given);
    if (type !== null && !has(this.#list, 'content-type')) this.#list.push('content-type', type);
    return body;
  }

  #ownList() {
    if (this.#list === undefined) {
      this.#list = fromLines(native.invocation.headers());
      // A body that is not said to be anything is text, as it is for requests that are made of a string.
      if (this.#ownBody() !== null && !has(this.#list, 'content-type')) {
        this.#list.push('content-type', 'text/plain;charset=UTF-8');
      }
    }
    return this.#list;
  }

  #ownBody() {
    if (this.#body === undefined) {
      const { method } = this;
      this.#body = method === 'GET' || method === 'HEAD' ? null : new Body(new NativeBody(INCOMING));
    }
    return this.#body;
  }

  get method() {
    this.#method ??= native.invocation.method();
    return this.#method;
  }

  get url() {
    this.#url ??= native.invocation.url();
    return this.#url;
  }

  get headers() {
    this.#headers ??= headersOf(this.#ownList());
    return this.#headers;
  }

  get destination() {
    return '';
  }

  get referrer() {
    return this.#options.referrer;
  }

  get referrerPolicy() {
    return this.#options.referrerPolicy;
  }

  get mode() {
    return this.#options.mode;
  }

  get credentials() {
    return this.#options.credentials;
  }

  get cache() {
    return this.#options.cache;
  }

  get redirect() {
    return this.#options.redirect;
  }

  get integrity() {
    return this.#options.integrity;
  }

  get keepalive() {
    return this.#options.keepalive;
  }

  get isReloadNavigation() {
    return false;
  }

  get isHistoryNavigation() {
    return false;
  }

  get signal() {
    this.#signal ??= new AbortController().signal;
    return this.#signal;
  }

  get duplex() {
    return 'half';
  }

  clone() {
    const body = this.#ownBody();
    const copy = new Request(ARRIVED);
    copy.#body = body === null ? null : body.clone();
    copy.#method = this.method;
    copy.#url = this.url;
    copy.#list = this.#ownList().slice();
    copy.#signal = this.#signal;
    copy.#options = this.#options;
    return copy;
  }

  [custom](_depth, options, inspect) {
    const { method, url, headers, redirect, bodyUsed } = this;
    return `Request ${inspect({ method, url, headers, redirect, bodyUsed }, options)}`;
  }

  static {
    partsBehind = (request) => ({
      method: request.method,
      url: request.url,
      list: request.#ownList(),
      body: request.#ownBody(),
      signal: request.#signal,
      redirect: request.#options.redirect,
    });
    isRequest = (value) => typeof value === 'object' && value !== null && #list in value;
    withBody(this, (request) => request.#ownBody(), (request) => request.#ownList());
  }
}

expose({ Request });
Object.defineProperty(Request, 'length', { value: 1, configurable: true });

/** The request that the instance answers. */
export const arrived = () => new Request(ARRIVED);

/** Everything of a request that `fetch` needs; `signal` is undefined where nobody gave one. */
export const partsOf = (request) => partsBehind(request);

function parse(input) {
  const url = new URL(input);
  if (url.username || url.password) {
    throw new TypeError('Request: the URL has credentials in it; send an Authorization header');
  }
  return url.href;
}

function methodOf(value) {
  const method = String(value);
  if (!TOKEN.test(method)) throw new TypeError(`'${method}' is not a valid HTTP method.`);
  const upper = method.toUpperCase();
  if (FORBIDDEN.includes(upper)) throw new TypeError(`'${method}' HTTP method is unsupported.`);
  return UPPER.includes(upper) ? upper : method;
}

function optionsOf(init, base) {
  if (init.window !== undefined && init.window !== null) throw new TypeError("Request: 'window' can only be null");
  let options = base;
  const set = (name, value) => {
    if (options === base) options = { ...base };
    options[name] = value;
  };
  for (const name in OPTIONS) {
    const value = init[name];
    if (value === undefined) continue;
    if (!OPTIONS[name].includes(String(value))) throw new TypeError(`Request: '${value}' is not a valid ${name}`);
    set(name, String(value));
  }
  if (init.referrer !== undefined) set('referrer', init.referrer === '' ? '' : String(init.referrer));
  if (init.integrity !== undefined) set('integrity', String(init.integrity));
  if (init.keepalive !== undefined) set('keepalive', Boolean(init.keepalive));
  return options;
}

function signalOf(given, from) {
  if (given === undefined) return from ? partsBehind(from).signal : undefined;
  if (given === null) return undefined;
  if (!(given instanceof AbortSignal)) throw new TypeError("Request: 'signal' is not an AbortSignal");
  return given;
}
