// Headers as one flat list: names, in lower case, and values by turns. It is what goes over to the engine, as lines, and what
// `Headers` is a view of.

const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
// eslint-disable-next-line no-control-regex
const BAD_VALUE = /[\0\r\n\u0100-\uffff]/;
const OUTER_SPACE = /^[\t\n\r ]+|[\t\n\r ]+$/g;
const PLAIN = /^[!-~](?:[ -~]*[!-~])?$/;

/** Names that are valid, in lower case already or not, by how they are written. */
const known = new Map();
for (const name of [
  'Accept', 'Accept-Encoding', 'Accept-Language', 'Access-Control-Allow-Credentials', 'Access-Control-Allow-Headers',
  'Access-Control-Allow-Methods', 'Access-Control-Allow-Origin', 'Access-Control-Expose-Headers',
  'Access-Control-Max-Age', 'Authorization', 'Cache-Control', 'Connection', 'Content-Disposition', 'Content-Encoding',
  'Content-Length', 'Content-Type', 'Cookie', 'Date', 'ETag', 'Host', 'If-None-Match', 'Last-Modified', 'Location',
  'Origin', 'Referer', 'Set-Cookie', 'User-Agent', 'Vary', 'X-Api-Key', 'X-Forwarded-For', 'X-Request-Id',
]) {
  known.set(name, name.toLowerCase());
  known.set(name.toLowerCase(), name.toLowerCase());
}

/** The name in lower case; a `TypeError` if it is none. */
export function nameOf(value) {
  const name = known.get(value);
  if (name !== undefined) return name;
  const text = String(value);
  if (!TOKEN.test(text)) throw new TypeError(`${JSON.stringify(text)} is not a valid header name`);
  return text.toLowerCase();
}

/** The value without white space around it; a `TypeError` if it cannot be sent. */
export function valueOf(value) {
  let text = typeof value === 'string' ? value : String(value);
  if (PLAIN.test(text)) return text;
  text = text.replace(OUTER_SPACE, '');
  if (BAD_VALUE.test(text)) throw new TypeError(`${JSON.stringify(text)} is not a valid header value`);
  return text;
}

/** The index of a name's first entry, or -1. */
export function find(list, name) {
  for (let index = 0; index < list.length; index += 2) {
    if (list[index] === name) return index;
  }
  return -1;
}

export const has = (list, name) => find(list, name) >= 0;

/** All values of a name, joined as HTTP has it; null if there is none. */
export function get(list, name) {
  let joined = null;
  for (let index = 0; index < list.length; index += 2) {
    if (list[index] === name) joined = joined === null ? list[index + 1] : `${joined}, ${list[index + 1]}`;
  }
  return joined;
}

/** All values of a name. */
export function all(list, name) {
  const values = [];
  for (let index = 0; index < list.length; index += 2) {
    if (list[index] === name) values.push(list[index + 1]);
  }
  return values;
}

/** Has one value for a name, in place of the first of any others. */
export function set(list, name, value) {
  const index = find(list, name);
  if (index < 0) {
    list.push(name, value);
    return;
  }
  list[index + 1] = value;
  remove(list, name, index + 2);
}

/** Takes a name's entries out, from an index on. */
export function remove(list, name, from = 0) {
  let kept = from;
  for (let index = from; index < list.length; index += 2) {
    if (list[index] === name) continue;
    list[kept] = list[index];
    list[kept + 1] = list[index + 1];
    kept += 2;
  }
  list.length = kept;
}

/** Pairs sorted by name, several values joined, but for `set-cookie`, which cannot be. */
export function sorted(list) {
  const names = [...new Set(list.filter((_, index) => index % 2 === 0))].sort();
  return names.flatMap((name) => {
    if (name === 'set-cookie') return all(list, name).map((value) => [name, value]);
    return [[name, get(list, name)]];
  });
}

export const fromLines = (lines) => (lines === '' ? [] : lines.split('\n'));
export const toLines = (list) => list.join('\n');
