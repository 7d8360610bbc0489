import { native } from '../../native.js';
import { RestError } from '../errors.js';
import { exchange } from '../exchange.js';

const host = native.services.rest;

/** Sends a request to PostgREST, as the caller or as the platform. */
export async function send(path, { asService = false, ...init } = {}) {
  return exchange(RestError, (...parts) => host.send(asService, ...parts), path, init);
}

/** The same where a refusal is an error. */
export async function accepted(path, init) {
  const response = await send(path, init);
  if (response.ok) return response;
  throw await refusal(response);
}

/** A refusal in PostgREST's words. A gateway has words of its own, and PostgREST sometimes none. */
async function refusal(response) {
  const { status: responseStatus, statusText } = response;
  const text = await response.text();
  const words = parsed(text);
  const { code: reason, message, details, hint } = words ?? { message: text };
  const status = responseStatus < 500 ? responseStatus : 502;
  const told = reason ? `${message} (${reason})` : [`${responseStatus} ${statusText}`, message].filter(Boolean).join(': ');
  const more = { responseStatus, reason, details: details ?? undefined, hint: hint ?? undefined };
  return new RestError(told, { code: 'refused', status, details: more });
}

function parsed(text) {
  try {
    const words = JSON.parse(text);
    return typeof words === 'object' && words !== null ? words : undefined;
  } catch {
    return undefined;
  }
}

/** What a response has as JSON. */
export async function json(response) {
  const text = await response.text();
  try {
    return text === '' ? undefined : JSON.parse(text);
  } catch (cause) {
    throw new RestError(`invalid JSON: ${cause.message}`, { code: 'invalid-json', cause });
  }
}
