import { native } from '../native.js';
import { FunctionsError } from './errors.js';
import { exchange } from './exchange.js';

const host = native.services.functions;

/** Characters of an answer that an error quotes. */
const QUOTE = 300;

async function call(slug, request = '/', init = undefined) {
  const transmit = (...parts) => host.call(String(slug), ...parts);
  return exchange(FunctionsError, transmit, request, init);
}

async function invoke(slug, value = null) {
  const body = JSON.stringify(value);
  const answer = await call(slug, '/', { method: 'POST', body, headers: { 'content-type': 'application/json' } });
  const text = await answer.text();
  if (!answer.ok) {
    const message = `the function "${slug}" answered ${answer.status}: ${text.slice(0, QUOTE)}`;
    throw new FunctionsError(message, { code: 'status', status: 502, details: { responseStatus: answer.status } });
  }
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new FunctionsError(`the function "${slug}" answered no JSON: ${cause.message}`, { code: 'body', status: 502, cause });
  }
}

export const functions = Object.freeze({ call, invoke });
