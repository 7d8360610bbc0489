/** As `encodeURIComponent`, but lone surrogates are replaced, and `!'()*` stay. */
export function escape(text) {
  return encodeURIComponent(String(text).toWellFormed());
}

/** As `decodeURIComponent`, but what is not well formed stays as it is. */
export function unescape(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text.replace(/(?:%[0-9a-f]{2})+/gi, (run) => decodeBytes(run));
  }
}

function decodeBytes(run) {
  const bytes = Uint8Array.from(run.slice(1).split('%'), (hex) => parseInt(hex, 16));
  return new TextDecoder().decode(bytes);
}

const primitive = (value) => {
  switch (typeof value) {
    case 'string':
      return value;
    case 'number':
      return Number.isFinite(value) ? String(value) : '';
    case 'bigint':
    case 'boolean':
      return String(value);
    default:
      return '';
  }
};

/** An object as the query of a URL; arrays give a pair per element. */
export function stringify(object, separator = '&', equals = '=', { encodeURIComponent: encode = escape } = {}) {
  if (object === null || typeof object !== 'object') return '';
  const pairs = [];
  for (const [name, value] of Object.entries(object)) {
    const key = encode(primitive(name)) + (equals || '=');
    for (const one of Array.isArray(value) ? value : [value]) pairs.push(key + encode(primitive(one)));
  }
  return pairs.join(separator || '&');
}

/** The pairs of a query, as an object without a prototype; a name that is there twice has an array. */
export function parse(text, separator = '&', equals = '=', { maxKeys = 1000, decodeURIComponent: decode = unescape } = {}) {
  const result = Object.create(null);
  if (typeof text !== 'string' || text === '') return result;
  const pairs = text.split(separator || '&');
  for (const pair of maxKeys > 0 ? pairs.slice(0, maxKeys) : pairs) {
    if (pair === '') continue;
    const at = pair.indexOf(equals || '=');
    const name = at < 0 ? pair : pair.slice(0, at);
    const value = at < 0 ? '' : pair.slice(at + (equals || '=').length);
    add(result, read(name, decode), read(value, decode));
  }
  return result;
}

const read = (text, decode) => {
  const spaced = text.replaceAll('+', ' ');
  try {
    return decode(spaced);
  } catch {
    return unescape(spaced);
  }
};

function add(result, name, value) {
  if (!(name in result)) result[name] = value;
  else if (Array.isArray(result[name])) result[name].push(value);
  else result[name] = [result[name], value];
}

export const encode = stringify;
export const decode = parse;
