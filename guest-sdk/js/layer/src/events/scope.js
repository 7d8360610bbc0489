// The global scope as an event target, and its own names.
import { define } from '../global.js';
import { ErrorEvent, PromiseRejectionEvent } from './kinds.js';
import { EventTarget, dispatch, isHeard } from './target.js';

/** Who listens to events of the global scope. */
export const scope = new EventTarget();

for (const name of ['addEventListener', 'removeEventListener', 'dispatchEvent']) {
  define(name, EventTarget.prototype[name].bind(scope));
}
define('self', globalThis);

/** While listeners are told of an error: what they throw themselves is not told again. */
let telling = false;

/**
 * Tells the scope's listeners of an error that nobody caught.
 * @param {Promise} [promise] the one that was rejected with it
 * @returns {boolean} whether one of them took care of it
 */
export function isTakenCareOf(thrown, promise = undefined) {
  const type = promise === undefined ? 'error' : 'unhandledrejection';
  if (telling || !isHeard(scope, type)) return false;
  telling = true;
  try {
    return !dispatch(scope, eventOf(type, thrown, promise));
  } finally {
    telling = false;
  }
}

function eventOf(type, thrown, promise) {
  if (promise) return new PromiseRejectionEvent(type, { promise, reason: thrown, cancelable: true });
  return new ErrorEvent(type, { error: thrown, message: String(thrown?.message ?? thrown), cancelable: true });
}
