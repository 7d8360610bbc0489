// One line of the log from what `console.log` was given.
import { inspect } from './inspect.js';

const SPECIFIER = /%[sdifjoOc%]/g;

/** Values side by side; the first may be a format with `%s`, `%d`, `%i`, `%f`, `%j`, `%o`, `%O` and `%c` in it. */
export function format(values) {
  return formatWithOptions({}, values);
}

/** As `format`, with options for how values are shown. */
export function formatWithOptions(options, values) {
  if (values.length === 0) return '';
  if (values.length === 1) return show(values[0], options);
  let next = 0;
  let text = '';
  if (typeof values[0] === 'string') {
    next = 1;
    text = values[0].replace(SPECIFIER, (specifier) => {
      if (specifier === '%%') return '%';
      if (next >= values.length) return specifier;
      return substitute(specifier[1], values[next++], options);
    });
  } else {
    text = show(values[0], options);
    next = 1;
  }
  for (; next < values.length; next += 1) text += ` ${show(values[next], options)}`;
  return text;
}

function show(value, options) {
  return typeof value === 'string' ? value : inspect(value, options);
}

function substitute(kind, value, options) {
  switch (kind) {
    case 's':
      return asString(value, options);
    case 'd':
      return asNumber(value, Number);
    case 'i':
      return asNumber(value, (text) => parseInt(text, 10));
    case 'f':
      return typeof value === 'symbol' ? 'NaN' : String(parseFloat(value));
    case 'j':
      return asJson(value);
    case 'o':
      return inspect(value, { ...options, showHidden: true, depth: 4 });
    case 'O':
      return inspect(value, options);
    default:
      return '';
  }
}

function asString(value, options) {
  if (typeof value === 'string') return value;
  if (typeof value === 'bigint') return `${value}n`;
  if (Object.is(value, -0)) return '-0';
  if (typeof value !== 'object' || value === null) return String(value);
  const hasOwnText = typeof value.toString === 'function' && Object.hasOwn(value, 'toString');
  return hasOwnText || value instanceof Error ? String(value) : inspect(value, { ...options, depth: 0 });
}

function asNumber(value, convert) {
  if (typeof value === 'bigint') return `${value}n`;
  if (typeof value === 'symbol' || (typeof value === 'object' && value !== null)) return 'NaN';
  const number = convert(value);
  return Object.is(number, -0) ? '-0' : String(number);
}

function asJson(value) {
  try {
    return JSON.stringify(value) ?? 'undefined';
  } catch {
    return '[Circular]';
  }
}
