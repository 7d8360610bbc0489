// `fetch`, after the Fetch standard as far as it concerns a server: there are no cookies, no caches and no origins.
import { Blob } from '../blob/blob.js';
import { define } from '../global.js';
import { native } from '../native.js';
import { Body } from './body.js';
import { responseOf } from './data_url.js';
import { fromLines, get, has, remove, toLines } from './header_list.js';
import { NativeBody } from './native_body.js';
import { next } from './redirect.js';
import { Request, partsOf } from './request.js';
import { received } from './response.js';

const MAX_REDIRECTS = 20;
const NO_BODY = [204, 205, 304];

/** Requests by number, so that the engine can be told that one is not wanted any more. */
let last = 0;

define('fetch', async function fetch(input, init = undefined) {
  const request = partsOf(new Request(...(arguments.length === 0 ? [] : [input, init])));
  const { signal } = request;
  if (signal?.aborted) throw signal.reason;
  const scheme = request.url.slice(0, request.url.indexOf(':'));
  if (scheme === 'data') return responseOf(request.url);
  if (scheme !== 'http' && scheme !== 'https') {
    throw new TypeError(`fetch ${request.url}: the scheme ${scheme}: is not supported`);
  }
  addDefaults(request.list);
  return follow(request);
});

function addDefaults(list) {
  if (!has(list, 'accept')) list.push('accept', '*/*');
  if (!has(list, 'user-agent')) list.push('user-agent', navigator.userAgent);
}

/** Sends a request, and those that it is redirected to. */
async function follow(request) {
  let body = request.body === null ? undefined : await sendable(request.body);
  for (let redirects = 0; ; redirects += 1) {
    const [status, statusText, lines, number] = await send(request, body);
    const head = { status, statusText, list: fromLines(lines), redirected: redirects > 0 };
    const target = next(request, head, typeof body === 'number');
    if (target === undefined) return response(request, head, number);
    native.body.drop(number);
    if (redirects === MAX_REDIRECTS) {
      throw new TypeError(`fetch ${request.url}: there were more than ${MAX_REDIRECTS} redirects`);
    }
    if (!target.keepsBody) body = undefined;
    request = { ...request, ...target };
  }
}

/** A body as the engine takes it. One that is known can be sent again. */
async function sendable(body) {
  if (body.source instanceof Blob) return body.bytes();
  return body.send();
}

/** Sends one request; the promise is for status, its phrase, headers and the number of the body. */
async function send({ method, url, list, signal }, body) {
  const hash = url.indexOf('#');
  const number = ++last;
  const sent = native.fetch.send(number, method, hash < 0 ? url : url.slice(0, hash), toLines(list), body);
  if (signal === undefined) return sent;
  const aborted = Promise.withResolvers();
  const abort = () => {
    native.fetch.abort(number);
    aborted.reject(signal.reason);
  };
  signal.addEventListener('abort', abort);
  try {
    return await Promise.race([sent, aborted.promise]);
  } finally {
    signal.removeEventListener('abort', abort);
    sent.catch(() => {});
  }
}

function response({ method, url, signal }, { status, statusText, list, redirected }, number) {
  let body = null;
  if (method === 'HEAD' || NO_BODY.includes(status)) {
    native.body.drop(number);
  } else {
    const source = new NativeBody(number);
    body = decoded(new Body(source), list);
    signal?.addEventListener('abort', () => source.abort(signal.reason), { once: true });
  }
  const hash = url.indexOf('#');
  const rest = { statusText, type: 'default', url: hash < 0 ? url : url.slice(0, hash), redirected };
  return received({ status, list, body, rest });
}

const ENCODINGS = { gzip: 'gzip', 'x-gzip': 'gzip', deflate: 'deflate' };

/** Undoes the encoding of a body that the server compressed; its headers then describe what it became. */
function decoded(body, list) {
  const encoding = ENCODINGS[get(list, 'content-encoding')?.trim().toLowerCase()];
  if (encoding === undefined) return body;
  remove(list, 'content-encoding');
  remove(list, 'content-length');
  return new Body(undefined, body.stream.pipeThrough(new DecompressionStream(encoding)));
}
