// `Response`, after the Fetch standard.
import { custom } from '../console/inspect.js';
import { dictionary, expose, required } from '../idl/index.js';
import { Body, extract, withBody } from './body.js';
import { has } from './header_list.js';
import { headersOf, listOf } from './headers.js';
import { URL } from '../url/url.js';

const RECEIVED = Symbol('received');
const NULL_BODY = [101, 103, 204, 205, 304];
const REDIRECTS = [301, 302, 303, 307, 308];
// eslint-disable-next-line no-control-regex
const REASON = /^[\t \x21-\x7e\x80-\xff]*$/;

/** What only few responses have of their own. */
const USUAL = Object.freeze({ statusText: '', type: 'default', url: '', redirected: false });

let partsBehind;
let isResponse;

export class Response {
  #status = 200;
  #rest = USUAL;
  #list;
  #headers;
  #body = null;

  constructor(body = null, init = undefined) {
    if (body === RECEIVED) {
      this.#receive(init);
      return;
    }
    if (init === undefined || init === null) {
      this.#list = [];
    } else {
      this.#initialize(init);
    }
    if (body !== null) this.#fill(extract(body));
  }

  #initialize(init) {
    const { status, statusText, headers } = dictionary(init, 'Response');
    if (status !== undefined) {
      this.#status = Math.trunc(Number(status)) & 0xffff;
      if (this.#status < 200 || this.#status > 599) {
        throw new RangeError(`The status provided (${String(status)}) is outside the range [200, 599]`);
      }
    }
    if (statusText !== undefined) {
      if (!REASON.test(String(statusText))) throw new TypeError('Response: the status text is not valid');
      this.#rest = { ...USUAL, statusText: String(statusText) };
    }
    this.#list = headers === undefined ? [] : listOf(headers);
  }

  #fill({ body, type }) {
    if (NULL_BODY.includes(this.#status)) {
      throw new TypeError('Response with null body status cannot have body');
    }
    this.#body = body;
    if (type !== null && !has(this.#list, 'content-type')) this.#list.push('content-type', type);
  }

  #receive({ status, list, body = null, rest = USUAL }) {
    this.#status = status;
    this.#list = list;
    this.#body = body;
    this.#rest = rest;
  }

  static error() {
    return new Response(RECEIVED, { status: 0, list: [], rest: { ...USUAL, type: 'error' } });
  }

  static json(data, init = undefined) {
    required(arguments.length, 1, 'Response.json');
    const text = JSON.stringify(data);
    if (text === undefined) throw new TypeError('Response.json: the value is not JSON serializable');
    const response = new Response(null, init);
    response.#fill({ body: new Body(text), type: 'application/json' });
    return response;
  }

  static redirect(url, status = 302) {
    required(arguments.length, 1, 'Response.redirect');
    const target = new URL(url).href;
    if (!REDIRECTS.includes(Number(status))) throw new RangeError(`Response.redirect: ${status} is no redirect`);
    return new Response(RECEIVED, { status: Number(status), list: ['location', target] });
  }

  get type() {
    return this.#rest.type;
  }

  get url() {
    return this.#rest.url;
  }

  get redirected() {
    return this.#rest.redirected;
  }

  get status() {
    return this.#status;
  }

  get ok() {
    return this.#status >= 200 && this.#status <= 299;
  }

  get statusText() {
    return this.#rest.statusText;
  }

  get headers() {
    this.#headers ??= headersOf(this.#list, this.#rest.type === 'error');
    return this.#headers;
  }

  clone() {
    const body = this.#body?.clone() ?? null;
    return new Response(RECEIVED, { status: this.#status, list: this.#list.slice(), body, rest: this.#rest });
  }

  [custom](_depth, options, inspect) {
    const { status, statusText, ok, headers, redirected, url, bodyUsed } = this;
    return `Response ${inspect({ status, statusText, ok, headers, redirected, url, bodyUsed }, options)}`;
  }

  static {
    partsBehind = (response) => ({ status: response.#status, list: response.#list, body: response.#body });
    isResponse = (value) => typeof value === 'object' && value !== null && #list in value;
    withBody(this, (response) => response.#body, (response) => response.#list);
  }
}

expose({ Response });
Object.defineProperty(Response, 'length', { value: 0, configurable: true });

/**
 * A response that the platform made: nothing of it is checked.
 * @param {{ status: number, list: string[], body?: Body, rest?: object }} parts
 */
export const received = (parts) => new Response(RECEIVED, parts);

export { isResponse };

/** Status, headers and body of a response; its headers are the list itself. */
export const partsOf = (response) => partsBehind(response);
