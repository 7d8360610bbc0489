// What callers see of errors.
import { ERROR, WARN, logUncaught, stopIfOutOfMemory } from '../errors/report.js';
import { ErrorEvent, PromiseRejectionEvent } from '../events/kinds.js';
import { scope } from '../events/scope.js';
import { isHeard } from '../events/target.js';
import { isResponse } from '../fetch/response.js';
import { hasAnswered, respond, respondWithError } from './respond.js';

const NULL_BODY = [204, 205, 304];

/** Answers with what the handler threw: its status and message, or the response that it is. */
export function fail(thrown) {
  stopIfOutOfMemory(thrown);
  if (isResponse(thrown)) {
    if (hasAnswered()) return;
    try {
      respond(thrown);
    } catch (error) {
      fail(error);
    }
    return;
  }
  const { status, message } = meaning(thrown);
  logUncaught(thrown, status < 500 ? WARN : ERROR);
  respondWithError(status, message);
}

function meaning(thrown) {
  if (thrown === null || thrown === undefined) return { status: 500, message: 'Worker execution error' };
  const { status, message } = thrown;
  return { status: isStatus(status) ? status : 500, message: message ? String(message) : 'Unknown error' };
}

const isStatus = (status) => Number.isInteger(status) && status >= 200 && status <= 599 && !NULL_BODY.includes(status);

/** Something was thrown where nobody catches it: in a timer, or in a microtask. */
export function uncaught(thrown) {
  stopIfOutOfMemory(thrown);
  if (isHeard(scope, 'error')) {
    const message = String(thrown?.message ?? thrown);
    const event = new ErrorEvent('error', { cancelable: true, message, error: thrown });
    if (!scope.dispatchEvent(event)) return;
  }
  breakDown(thrown);
}

/** A promise was rejected that nobody listens to. */
export function unhandled(reason, promise) {
  stopIfOutOfMemory(reason);
  if (isHeard(scope, 'unhandledrejection')) {
    const event = new PromiseRejectionEvent('unhandledrejection', { cancelable: true, promise, reason });
    if (!scope.dispatchEvent(event)) return;
  }
  breakDown(reason);
}

function breakDown(thrown) {
  logUncaught(thrown);
  respondWithError(500, 'Worker execution error');
}

/** Everything waits for something that can never come. */
export function stalled() {
  const error = new Error('Function never answered: it waits for a promise that nothing is left to settle');
  logUncaught(error);
  respondWithError(500, error.message);
}
