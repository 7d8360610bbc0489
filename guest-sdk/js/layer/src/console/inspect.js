// Values as text for people, in the form that Node.js made familiar.
import { stackOf } from '../errors/stack.js';
import { join } from './layout.js';
import { quote, show as primitive } from './primitive.js';

/** Objects say with a method of this name how they are shown. */
export const custom = Symbol.for('nodejs.util.inspect.custom');

const DEFAULTS = {
  depth: 2,
  showHidden: false,
  colors: false,
  compact: 3,
  breakLength: 80,
  maxArrayLength: 100,
  maxStringLength: 10000,
  sorted: false,
  getters: false,
};

const IDENTIFIER = /^[A-Za-z_$][\w$]*$/;
const TypedArray = Object.getPrototypeOf(Uint8Array);
const typedArrayName = Object.getOwnPropertyDescriptor(TypedArray.prototype, Symbol.toStringTag).get;

/**
 * The text of any value.
 * @param {unknown} value
 * @param {object} [options] those of `util.inspect`: `depth`, `showHidden`, `compact`, `breakLength`, `maxArrayLength`,
 *   `maxStringLength`, `sorted`, `getters`; colours are left out.
 */
export function inspect(value, options) {
  const given = typeof options === 'object' ? options : undefined;
  const state = { ...DEFAULTS, ...given, path: [], circular: new Map(), level: 0 };
  if (state.depth === null) state.depth = Infinity;
  if (state.maxArrayLength === null) state.maxArrayLength = Infinity;
  if (state.maxStringLength === null) state.maxStringLength = Infinity;
  return visit(value, state, true);
}
inspect.custom = custom;
inspect.defaultOptions = DEFAULTS;

function visit(value, state, isTop = false) {
  if (value === null || (typeof value !== 'object' && typeof value !== 'function')) {
    return primitive(value, state, isTop);
  }
  const own = customised(value, state);
  if (own !== undefined) return own;
  if (state.path.includes(value)) {
    if (!state.circular.has(value)) state.circular.set(value, state.circular.size + 1);
    return `[Circular *${state.circular.get(value)}]`;
  }
  return compound(value, state);
}

function customised(value, state) {
  let method;
  try {
    method = value[custom];
  } catch {
    return undefined;
  }
  if (typeof method !== 'function' || method === inspect) return undefined;
  const { path, circular, level, ...options } = state;
  const shown = method.call(value, state.depth - level, { ...options, depth: state.depth - level }, inspect);
  return typeof shown === 'string' ? shown : visit(shown, state);
}

function compound(value, state) {
  const { head, braces, entries } = kindOf(value, state);
  const keys = keysOf(value, state);
  if (!entries && keys.length === 0) return head;
  if (state.level > state.depth) return `[${nameOf(value) ?? 'Object: null prototype'}]`;
  state.path.push(value);
  state.level += 1;
  let parts;
  try {
    parts = entries ? entries() : [];
    for (const key of keys) parts.push(property(value, key, state));
  } finally {
    state.level -= 1;
    state.path.pop();
  }
  let text = join(parts, braces, head, state, Array.isArray(value) || ArrayBuffer.isView(value));
  const reference = state.circular.get(value);
  if (reference !== undefined) text = `<ref *${reference}> ${text}`;
  return text;
}

/** What kind of object it is: the text before its braces, the braces, and a function of what is within beside keys. */
function kindOf(value, state) {
  const name = nameOf(value);
  const prefix = (usual, size) => {
    if (name === null) return `[${usual}${size}: null prototype] `;
    return name === usual && size === '' && (usual === 'Object' || usual === 'Array') ? '' : `${name}${size} `;
  };
  const list = (head, entries) => ({ head, braces: ['[', ']'], entries });
  const set = (head, entries) => ({ head, braces: ['{', '}'], entries });

  if (Array.isArray(value)) {
    const size = name === 'Array' ? '' : `(${value.length})`;
    return list(prefix('Array', size), () => elements(value, value.length, state));
  }
  if (value instanceof TypedArray) {
    const head = prefix(typedArrayName.call(value), `(${value.length})`);
    return list(head, () => elements(value, value.length, state));
  }
  if (typeof value === 'function') return set(functionHead(value), undefined);
  if (value instanceof Error) return set(errorHead(value, state), undefined);
  if (value instanceof Map) return set(prefix('Map', `(${value.size})`), () => mapEntries(value, state));
  if (value instanceof Set) return set(prefix('Set', `(${value.size})`), () => setEntries(value, state));
  if (value instanceof Date) return set(dateText(value), undefined);
  if (value instanceof RegExp) return set(RegExp.prototype.toString.call(value), undefined);
  if (value instanceof ArrayBuffer) return set(prefix('ArrayBuffer', ''), () => bufferEntries(value, state));
  if (value instanceof DataView) {
    return set(prefix('DataView', ''), () => [`byteLength: ${value.byteLength}`, `byteOffset: ${value.byteOffset}`]);
  }
  if (value instanceof Promise) return set('Promise {}', undefined);
  if (value instanceof WeakSet || value instanceof WeakMap) return set(`${name} { <items unknown> }`, undefined);
  const boxed = boxedText(value, state);
  if (boxed) return set(boxed, undefined);
  return set(objectHead(value, name), () => []);
}

function objectHead(value, name) {
  const tag = tagOf(value);
  if (name === null) return tag ? `[Object: null prototype] [${tag}] ` : '[Object: null prototype] ';
  if (tag && tag !== name) return `${name} [${tag}] `;
  return name === 'Object' ? '' : `${name} `;
}

function tagOf(value) {
  try {
    const tag = value[Symbol.toStringTag];
    return typeof tag === 'string' && tag !== '' ? tag : undefined;
  } catch {
    return undefined;
  }
}

/** The name of the class an object is of; null if it has no prototype. */
function nameOf(value) {
  for (let object = value; object !== null; object = Object.getPrototypeOf(object)) {
    const constructor = Object.getOwnPropertyDescriptor(object, 'constructor')?.value;
    if (typeof constructor === 'function' && constructor.name !== '') return constructor.name;
  }
  return null;
}

function functionHead(value) {
  const text = Function.prototype.toString.call(value);
  if (text.startsWith('class')) {
    const parent = Object.getPrototypeOf(value)?.name;
    return `[class ${value.name || '(anonymous)'}${parent ? ` extends ${parent}` : ''}]`;
  }
  const kind = Object.getPrototypeOf(value)?.constructor?.name ?? 'Function';
  return value.name ? `[${kind}: ${value.name}]` : `[${kind} (anonymous)]`;
}

function errorHead(value, state) {
  const stack = stackOf(value);
  const text = stack.includes('\n    at') ? stack : `[${stack}]`;
  return state.level > 0 ? text.replaceAll('\n', `\n${'  '.repeat(state.level)}`) : text;
}

function dateText(value) {
  const time = Date.prototype.getTime.call(value);
  return Number.isNaN(time) ? 'Invalid Date' : Date.prototype.toISOString.call(value);
}

function boxedText(value, state) {
  for (const Kind of [Number, String, Boolean, Symbol, BigInt]) {
    if (value instanceof Kind) {
      try {
        return `[${Kind.name}: ${primitive(Kind.prototype.valueOf.call(value), state, false)}]`;
      } catch {
        return undefined;
      }
    }
  }
  return undefined;
}

function elements(value, length, state) {
  const parts = [];
  const shown = Math.min(length, state.maxArrayLength);
  let holes = 0;
  const flush = () => {
    if (holes) parts.push(`<${holes} empty item${holes > 1 ? 's' : ''}>`);
    holes = 0;
  };
  let index = 0;
  for (; index < length && parts.length < shown; index += 1) {
    if (index in value) {
      flush();
      parts.push(visit(value[index], state));
    } else {
      holes += 1;
    }
  }
  flush();
  if (index < length) parts.push(more(length - index));
  return parts;
}

const more = (count) => `... ${count} more item${count > 1 ? 's' : ''}`;

function mapEntries(map, state) {
  const parts = [];
  for (const [key, value] of Map.prototype.entries.call(map)) {
    if (parts.length >= state.maxArrayLength) return [...parts, more(map.size - parts.length)];
    parts.push(`${visit(key, state)} => ${visit(value, state)}`);
  }
  return parts;
}

function setEntries(set, state) {
  const parts = [];
  for (const value of Set.prototype.values.call(set)) {
    if (parts.length >= state.maxArrayLength) return [...parts, more(set.size - parts.length)];
    parts.push(visit(value, state));
  }
  return parts;
}

function bufferEntries(buffer, state) {
  const shown = new Uint8Array(buffer, 0, Math.min(buffer.byteLength, state.maxArrayLength));
  const bytes = Array.from(shown, (byte) => byte.toString(16).padStart(2, '0')).join(' ');
  const rest = buffer.byteLength - shown.length;
  return [
    `[Uint8Contents]: <${bytes}${rest ? ` ... ${rest} more byte${rest > 1 ? 's' : ''}` : ''}>`,
    `byteLength: ${buffer.byteLength}`,
  ];
}

function keysOf(value, state) {
  const isIndexed = Array.isArray(value) || value instanceof TypedArray || value instanceof String;
  let keys = state.showHidden ? Object.getOwnPropertyNames(value) : Object.keys(value);
  if (isIndexed) keys = keys.filter((key) => !/^(0|[1-9]\d*)$/.test(key));
  if (value instanceof Error) {
    keys = keys.filter((key) => key !== 'stack' && key !== 'message' && key !== 'cause');
    if (Object.hasOwn(value, 'cause')) keys.push('cause');
    if (Array.isArray(value.errors) && !keys.includes('errors')) keys.push('errors');
  }
  if (state.sorted) keys.sort(typeof state.sorted === 'function' ? state.sorted : undefined);
  const symbols = Object.getOwnPropertySymbols(value);
  const isShown = (key) => state.showHidden || Object.prototype.propertyIsEnumerable.call(value, key);
  return [...keys, ...symbols.filter(isShown)];
}

function property(value, key, state) {
  const described = Object.getOwnPropertyDescriptor(value, key) ?? { value: value[key], enumerable: true };
  const text = 'value' in described ? visit(described.value, state) : accessor(value, key, described, state);
  if (typeof key === 'symbol') return `[${String(key)}]: ${text}`;
  if (!described.enumerable) return `[${key}]: ${text}`;
  return `${IDENTIFIER.test(key) ? key : quote(key)}: ${text}`;
}

function accessor(value, key, { get, set }, state) {
  if (!get) return set ? '[Setter]' : 'undefined';
  if (state.getters) return `[Getter: ${visit(value[key], state)}]`;
  return set ? '[Getter/Setter]' : '[Getter]';
}
