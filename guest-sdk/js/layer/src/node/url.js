import * as querystring from './querystring.js';

const { URL, URLSearchParams } = globalThis;
export { URL, URLSearchParams };

/** The path of a `file:` URL. */
export function fileURLToPath(url) {
  const { protocol, pathname } = new URL(url);
  if (protocol !== 'file:') throw new TypeError('The URL must be of scheme file');
  return decodeURIComponent(pathname);
}

/** The `file:` URL of a path. */
export function pathToFileURL(path) {
  const url = new URL('file:///');
  url.pathname = `${path}`.replaceAll('%', '%25').replaceAll('?', '%3F').replaceAll('#', '%23');
  return url;
}

const PARTS = /^([a-z][a-z0-9+.-]*:)?(?:(\/\/)(?:([^@/?#]*)@)?([^:/?#]*)(?::(\d*))?)?([^?#]*)(\?[^#]*)?(#.*)?$/is;

/** A URL in its parts, as `url.parse` of old gave them: relative ones as well. */
export function parse(text, parseQuery = false) {
  const [, protocol, slashes, auth, hostname, port, pathname, search, hash] = PARTS.exec(`${text}`.trim()) ?? [];
  const query = search?.slice(1);
  const host = hostname === undefined ? null : hostname.toLowerCase() + (port ? `:${port}` : '');
  const path = (pathname || (host === null ? '' : '/')) + (search ?? '');
  const parts = {
    protocol: protocol?.toLowerCase() ?? null,
    slashes: slashes ? true : null,
    auth: auth === undefined ? null : decodeURIComponent(auth),
    host,
    port: port || null,
    hostname: hostname?.toLowerCase() ?? null,
    hash: hash ?? null,
    search: search ?? (parseQuery ? '' : null),
    query: parseQuery ? querystring.parse(query ?? '') : (query ?? null),
    pathname: pathname || (host === null ? null : '/'),
    path: path || null,
  };
  return { ...parts, href: format(parts) };
}

/** The text of a `URL`, or of parts. */
export function format(parts) {
  if (typeof parts === 'string') return parse(parts).href;
  if (parts instanceof URL) return parts.href;
  const { protocol, auth, hostname, port, pathname, hash } = parts;
  const host = parts.host ?? (hostname ? hostname + (port ? `:${port}` : '') : '');
  const scheme = protocol ? (protocol.endsWith(':') ? protocol : `${protocol}:`) : '';
  const slashes = parts.slashes || (host && /^(https?|ftp|wss?|file):$/.test(scheme)) ? '//' : '';
  const user = auth ? `${encodeURIComponent(auth).replace('%3A', ':')}@` : '';
  const asked = parts.search ?? (parts.query && typeof parts.query === 'object' ? querystring.stringify(parts.query) : '');
  const before = (mark, value) => (value && !value.startsWith(mark) ? mark + value : (value ?? ''));
  return scheme + slashes + user + host + (pathname ?? '') + before('?', asked) + before('#', hash);
}

/** One URL seen from another. */
export function resolve(from, to) {
  const base = new URL(from, 'resolve://nowhere/');
  const { protocol, pathname, search, hash, href } = new URL(to, base);
  return protocol === 'resolve:' ? pathname + search + hash : href;
}
