// What callers see of errors.
import { ERROR, WARN, logUncaught, stopIfOutOfMemory } from '../errors/report.js';
import { isTakenCareOf } from '../events/scope.js';
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

/** Something was thrown where nobody catches it: in a timer, or in a promise that nobody listens to. */
export function uncaught(thrown, promise = undefined) {
  stopIfOutOfMemory(thrown);
  if (isTakenCareOf(thrown, promise)) return;
  logUncaught(thrown);
  respondWithError(500, 'Worker execution error');
}

/** Everything waits for something that can never come. */
export function stalled() {
  const error = new Error('Function never answered: it waits for a promise that nothing is left to settle');
  logUncaught(error);
  respondWithError(500, error.message);
}
