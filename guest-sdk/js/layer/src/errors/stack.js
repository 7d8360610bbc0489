// Stacks as authors read them: V8's form, positions in their own files, and no frame of the engine or of this layer.
//
// QuickJS writes a stack when an error is made. It is read far less often than that, so it is translated when it is read.
import { native } from '../native.js';

const FRAME = /^ {4}at (?:(.*) \()?program:(\d+):(\d+)\)?$/;

const builtin = Object.getOwnPropertyDescriptor(Error.prototype, 'stack');
const captureBuiltin = Error.captureStackTrace;

/** Stacks that were read, by their errors: to read one again gives the same. */
const translated = new WeakMap();

/** The frames of the author's code in a stack of QuickJS's, one a line. */
function frames(raw) {
  let text = '';
  for (const line of raw.split('\n')) {
    const frame = FRAME.exec(line);
    const position = frame && native.errors.position(Number(frame[2]), Number(frame[3]));
    if (position) {
      const name = frame[1];
      const isNamed = name && name !== '<anonymous>' && name !== '<eval>';
      text += isNamed ? `\n    at ${name} (${position})` : `\n    at ${position}`;
    }
  }
  return text;
}

/** `Name: message`, whatever the object is. */
export function title(error) {
  try {
    const name = error.name === undefined ? 'Error' : String(error.name);
    const message = error.message === undefined ? '' : String(error.message);
    if (!name || !message) return name || message;
    return `${name}: ${message}`;
  } catch {
    return 'Error';
  }
}

function translate(error, raw) {
  let stack = translated.get(error);
  if (stack === undefined) {
    stack = title(error) + frames(raw);
    translated.set(error, stack);
  }
  return stack;
}

/** The stack of an error in the author's terms; what it says of itself where it has none. */
export function stackOf(error) {
  let stack;
  try {
    stack = error.stack;
  } catch {
    stack = undefined;
  }
  if (typeof stack !== 'string' || stack === '') return title(error);
  return isRaw(stack) ? title(error) + frames(stack) : stack;
}

/** Whether a stack is as QuickJS writes it: frames without a title before them. */
function isRaw(stack) {
  return stack.startsWith('    at ') && typeof Error.prepareStackTrace !== 'function';
}

Object.defineProperty(Error.prototype, 'stack', {
  configurable: true,
  enumerable: false,
  get() {
    const raw = builtin.get.call(this);
    return typeof raw === 'string' && (raw === '' || isRaw(raw)) ? translate(this, raw) : raw;
  },
  set(value) {
    builtin.set.call(this, value);
  },
});

Object.defineProperty(Error, 'captureStackTrace', {
  configurable: true,
  enumerable: false,
  writable: true,
  value: function captureStackTrace(target, from) {
    captureBuiltin.call(Error, target, from ?? captureStackTrace);
    const { value: raw } = Object.getOwnPropertyDescriptor(target, 'stack') ?? {};
    if (typeof raw !== 'string' || (raw !== '' && !isRaw(raw))) return;
    Object.defineProperty(target, 'stack', {
      configurable: true,
      enumerable: false,
      get: () => translate(target, raw),
      set: (value) => {
        Object.defineProperty(target, 'stack', { value, configurable: true, enumerable: false, writable: true });
      },
    });
  },
});
