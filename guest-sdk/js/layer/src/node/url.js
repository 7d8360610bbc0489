// `node:url`: the URL standard's classes, and the older functions.
import * as querystring from './querystring.js';

const { URL, URLSearchParams } = globalThis;

export { URL, URLSearchParams };

/** Scheme, slashes, user, host, path, query and fragment; every part may be missing. */
const PARTS = /^([a-z][a-z0-9+.-]*:)?(?:(\/\/)(?:([^/?#]*)@)?([^/?#]*))?([^?#]*)(\?[^#]*)?(#[^]*)?$/i;
const HOST = /^(\[[^\]]*\]|[^:]*)(?::(\d*))?$/;
/** Schemes whose URLs have a host, and a path that begins with a slash. */
const SLASHED = /^(https?|ftp|file|wss?):$/;

/** The parts of a URL, absolute or not, as Node's own function gives them. */
export function parse(text, parseQuery = false, slashesDenoteHost = false) {
  if (typeof text !== 'string') throw new TypeError('The "url" argument must be of type string');
  const trimmed = text.trim();
  let [, protocol, slashes, auth, host, path, search, hash] = PARTS.exec(trimmed) ?? [];
  protocol = protocol?.toLowerCase();
  if (slashes && !protocol && !slashesDenoteHost) {
    path = `//${auth === undefined ? '' : `${auth}@`}${host}${path}`;
    slashes = auth = host = undefined;
  }
  const [, name, port] = HOST.exec(host ?? '') ?? [];
  const isSlashed = SLASHED.test(protocol ?? '');
  const pathname = path || (isSlashed && slashes ? '/' : null);
  const result = {
    protocol: protocol ?? null,
    slashes: slashes ? true : null,
    auth: auth === undefined ? null : decodeURIComponent(auth),
    host: host === undefined ? null : host.toLowerCase(),
    port: port || null,
    hostname: host === undefined ? null : (name ?? '').replace(/^\[|\]$/g, '').toLowerCase(),
    hash: hash ?? null,
    search: search ?? (parseQuery ? '' : null),
    query: parseQuery ? querystring.parse(search?.slice(1) ?? '') : (search?.slice(1) ?? null),
    pathname,
    path: pathname === null && search === undefined ? null : `${pathname ?? ''}${search ?? ''}`,
  };
  return { ...result, href: format(result) };
}

/** A URL's text, from a `URL` or from parts as `parse` gives them. */
export function format(value, options = {}) {
  if (typeof value === 'string') return format(parse(value));
  if (value instanceof URL) return formatUrl(value, options);
  const { auth, port, hostname, hash, query } = value;
  const protocol = value.protocol ? value.protocol.replace(/:?$/, ':') : '';
  const name = hostname?.includes(':') ? `[${hostname}]` : hostname;
  const host = value.host ?? (name ? `${name}${port ? `:${port}` : ''}` : undefined);
  const user = auth ? `${encodeURIComponent(auth).replace(/%3A/i, ':')}@` : '';
  const slashes = value.slashes || (host !== undefined && host !== null && (!protocol || SLASHED.test(protocol)));
  const search = value.search || (query && typeof query === 'object' ? querystring.stringify(query) : query) || '';
  let path = (value.pathname ?? '').replace(/[?#]/g, encodeURIComponent);
  if (slashes && path && !path.startsWith('/')) path = `/${path}`;
  return [
    protocol,
    slashes ? `//${user}${host ?? ''}` : `${host ? user + host : ''}`,
    path,
    prefixed('?', search).replaceAll('#', '%23'),
    prefixed('#', hash),
  ].join('');
}

const prefixed = (mark, text) => (!text || text.startsWith(mark) ? (text ?? '') : mark + text);

function formatUrl(url, { auth = true, fragment = true, search = true }) {
  const copy = new URL(url);
  if (!auth) copy.username = copy.password = '';
  if (!fragment) copy.hash = '';
  if (!search) copy.search = '';
  return copy.href;
}

/** What a browser makes of a link on a page. */
export function resolve(from, to) {
  const nowhere = 'nowhere://';
  const url = new URL(to, new URL(from, `${nowhere}/`));
  if (url.protocol !== 'nowhere:') return url.href;
  const text = url.href.slice(nowhere.length);
  return from.startsWith('/') || to.startsWith('/') ? text : text.replace(/^\//, '');
}

/** The path that a URL of the scheme `file` names. */
export function fileURLToPath(value) {
  const url = typeof value === 'string' ? new URL(value) : value;
  if (url.protocol !== 'file:') throw new TypeError('The URL must be of scheme file');
  if (url.hostname !== '') throw new TypeError('File URL host must be "localhost" or empty');
  if (/%2f/i.test(url.pathname)) throw new TypeError('File URL path must not include encoded / characters');
  return decodeURIComponent(url.pathname);
}

/** The URL of a path; one that is not absolute is taken from the root. */
export function pathToFileURL(path) {
  const encoded = path.replace(/[%\\\n\r\t?#]/g, (char) => encodeURIComponent(char));
  return new URL(encoded.startsWith('/') ? `file://${encoded}` : `file:///${encoded}`);
}

const hostOf = (domain) => {
  try {
    return new URL(`ws://${domain}`).hostname;
  } catch {
    return '';
  }
};

export const domainToASCII = hostOf;

/** A URL as options of a request of Node's. */
export function urlToHttpOptions(url) {
  const { protocol, hostname, hash, search, pathname, href, port, username, password } = url;
  const options = { protocol, hostname, hash, search, pathname, path: pathname + search, href };
  if (port !== '') options.port = Number(port);
  if (username || password) options.auth = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  return options;
}
