// `console`, whose lines go to the function's log.
import { define } from '../global.js';
import { native } from '../native.js';
import { stackOf } from '../errors/stack.js';
import { format } from './format.js';
import { inspect } from './inspect.js';
import { table } from './table.js';

const TRACE = 0;
const DEBUG = 1;
const INFO = 2;
const WARN = 3;
const ERROR = 4;

const counts = new Map();
const timers = new Map();
let indent = '';

function print(level, text) {
  native.console.log(level, indent && text ? indent + text.replaceAll('\n', `\n${indent}`) : text);
}

/** A label, which is "default" where none is given. */
const labelOf = (label) => (label === undefined ? 'default' : String(label));

function elapsed(label) {
  const began = timers.get(label);
  if (began === undefined) {
    print(WARN, `Timer '${label}' does not exist`);
    return undefined;
  }
  return `${label}: ${Number((native.timers.now() - began).toFixed(3))}ms`;
}

const methods = {
  trace(...values) {
    const trace = new Error();
    const title = values.length ? `Trace: ${format(values)}` : 'Trace';
    print(TRACE, stackOf(trace).replace(/^Error/, () => title));
  },
  debug: (...values) => print(DEBUG, format(values)),
  log: (...values) => print(INFO, format(values)),
  info: (...values) => print(INFO, format(values)),
  warn: (...values) => print(WARN, format(values)),
  error: (...values) => print(ERROR, format(values)),
  assert(condition = false, ...values) {
    if (condition) return;
    if (typeof values[0] === 'string') values[0] = `Assertion failed: ${values[0]}`;
    else values.unshift('Assertion failed');
    print(ERROR, format(values));
  },
  clear() {},
  count(label) {
    label = labelOf(label);
    const count = (counts.get(label) ?? 0) + 1;
    counts.set(label, count);
    print(INFO, `${label}: ${count}`);
  },
  countReset(label) {
    label = labelOf(label);
    if (!counts.delete(label)) print(WARN, `Count for '${label}' does not exist`);
  },
  dir: (value, options) => print(INFO, inspect(value, options)),
  dirxml: (...values) => print(INFO, format(values)),
  group(...values) {
    if (values.length) print(INFO, format(values));
    indent += '  ';
  },
  groupCollapsed(...values) {
    methods.group(...values);
  },
  groupEnd() {
    indent = indent.slice(2);
  },
  table: (data, columns) => print(INFO, table(data, columns) ?? format([data])),
  time(label) {
    label = labelOf(label);
    if (timers.has(label)) print(WARN, `Timer '${label}' already exists`);
    else timers.set(label, native.timers.now());
  },
  timeLog(label, ...values) {
    const line = elapsed(labelOf(label));
    if (line) print(INFO, values.length ? `${line} ${format(values)}` : line);
  },
  timeEnd(label) {
    label = labelOf(label);
    const line = elapsed(label);
    if (line) print(INFO, line);
    timers.delete(label);
  },
  timeStamp() {},
  profile() {},
  profileEnd() {},
};

// Its prototype is an empty object of its own, as the standard of consoles has it.
const console = Object.create({}, Object.getOwnPropertyDescriptors(methods));
Object.defineProperty(console, Symbol.toStringTag, { value: 'console', configurable: true });
define('console', console);
