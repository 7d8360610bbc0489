// What becomes of errors that nobody catches.
import { inspect } from '../console/inspect.js';
import { define } from '../global.js';
import { required } from '../idl/index.js';
import { native } from '../native.js';
import { stackOf } from './stack.js';

export const WARN = 3;
export const ERROR = 4;

/** Writes an error that nobody caught to the log: its message and stack, and what caused it. */
export function logUncaught(thrown, level = ERROR) {
  native.console.log(level, `Uncaught ${describe(thrown)}`);
}

/** An error with its stack and its causes; any other value as the console shows it. */
export function describe(thrown) {
  if (!isErrorLike(thrown)) return inspect(thrown);
  let text = stackOf(thrown);
  const seen = new Set([thrown]);
  for (let cause = thrown.cause; cause !== undefined && !seen.has(cause); cause = cause?.cause) {
    seen.add(cause);
    text += `\nCaused by: ${isErrorLike(cause) ? stackOf(cause) : inspect(cause)}`;
  }
  return text;
}

function isErrorLike(value) {
  return value instanceof Error || (typeof DOMException === 'function' && value instanceof DOMException);
}

/** What QuickJS says when it is refused memory, and when there is none left to say so. */
const OUT_OF_MEMORY = ['out of memory', 'Invalid error message'];

/**
 * Ends the instance if script has used up its memory: the server then answers as it does for every function that
 * reaches its limit.
 */
export function stopIfOutOfMemory(thrown) {
  if (thrown instanceof InternalError && OUT_OF_MEMORY.includes(thrown.message)) native.errors.outOfMemory();
}

define('reportError', function reportError(error) {
  required(arguments.length, 1, 'reportError');
  logUncaught(error);
});
