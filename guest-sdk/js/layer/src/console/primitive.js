// Primitive values as text.

/** Control characters, backslashes and halves of surrogate pairs. */
const UNSEEN =
  // eslint-disable-next-line no-control-regex
  /[\x00-\x1f\x7f-\x9f\\]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g;
const ESCAPES = { '\b': '\\b', '\t': '\\t', '\n': '\\n', '\f': '\\f', '\r': '\\r', '\\': '\\\\' };

/** A string in quotes: single ones unless there are such in it. */
export function quote(text) {
  let mark = "'";
  if (text.includes("'")) {
    if (!text.includes('"')) mark = '"';
    else if (!text.includes('`') && !text.includes('${')) mark = '`';
  }
  const escaped = text.replace(UNSEEN, (char) => {
    return ESCAPES[char] ?? (char < '\u0100' ? `\\x${hex(char, 2)}` : `\\u${hex(char, 4)}`);
  });
  return mark + (mark === "'" ? escaped.replaceAll("'", "\\'") : escaped) + mark;
}

const hex = (char, digits) => char.charCodeAt(0).toString(16).toUpperCase().padStart(digits, '0');

/** The text of a value that is no object. */
export function show(value, state) {
  switch (typeof value) {
    case 'string':
      return string(value, state);
    case 'bigint':
      return `${value}n`;
    case 'number':
      return Object.is(value, -0) ? '-0' : String(value);
    default:
      return String(value);
  }
}

function string(value, state) {
  const rest = value.length - state.maxStringLength;
  if (rest <= 0) return quote(value);
  return `${quote(value.slice(0, state.maxStringLength))}... ${rest} more character${rest > 1 ? 's' : ''}`;
}
