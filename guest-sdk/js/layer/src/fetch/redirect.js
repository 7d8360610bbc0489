// Where a response redirects to, and what changes on the way (Fetch standard, "HTTP-redirect fetch").
import { URL } from '../url/url.js';
import { get, remove } from './header_list.js';

const REDIRECTS = [301, 302, 303, 307, 308];
const OF_BODY = ['content-encoding', 'content-language', 'content-length', 'content-location', 'content-type'];

/** Credentials are for the origin that they were given for. */
const OF_ORIGIN = ['authorization', 'cookie', 'proxy-authorization', 'x-api-key'];

/**
 * The parts of the next request that differ from those of `request`, and whether it has the same body; undefined if the
 * response is to be handed on as it is. With the mode `manual` it always is: a server may see where it is sent.
 */
export function next(request, { status, list }, isStream) {
  if (!REDIRECTS.includes(status)) return undefined;
  const location = get(list, 'location');
  if (location === null || request.redirect === 'manual') return undefined;
  if (request.redirect === 'error') {
    throw new TypeError(`fetch ${request.url}: it was redirected, which the request does not allow`);
  }
  const url = resolve(location, request.url);
  const becomesGet = isGetNow(request.method, status);
  if (isStream && !becomesGet && status !== 303) {
    throw new TypeError(`fetch ${request.url}: it was redirected, and a body that is a stream cannot be sent again`);
  }
  const headers = request.list.slice();
  if (becomesGet) OF_BODY.forEach((name) => remove(headers, name));
  if (url.origin !== new URL(request.url).origin) OF_ORIGIN.forEach((name) => remove(headers, name));
  return { url: url.href, method: becomesGet ? 'GET' : request.method, list: headers, keepsBody: !becomesGet };
}

function resolve(location, base) {
  let url;
  try {
    url = new URL(location, base);
  } catch {
    throw new TypeError(`fetch ${base}: it was redirected to what is no URL`);
  }
  if (url.protocol !== 'http:' && url.protocol !== 'https:') {
    throw new TypeError(`fetch ${base}: it was redirected to ${url.protocol}, which is not supported`);
  }
  const hash = base.indexOf('#');
  if (url.hash === '' && hash >= 0) url.hash = base.slice(hash);
  return url;
}

function isGetNow(method, status) {
  if (status === 303) return method !== 'GET' && method !== 'HEAD';
  return (status === 301 || status === 302) && method === 'POST';
}
