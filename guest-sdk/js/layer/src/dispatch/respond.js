// Sends what a handler returned.
import { Blob } from '../blob/blob.js';
import { Body } from '../fetch/body.js';
import { find, has, remove, set, toLines } from '../fetch/header_list.js';
import { listOf } from '../fetch/headers.js';
import { Response, partsOf, received } from '../fetch/response.js';
import { native } from '../native.js';

const NULL_BODY = [204, 205, 304];

let answered = false;

/** Whether the response has gone out: an error after that is for the log alone. */
export const hasAnswered = () => answered;

/** Sends a response. */
export function respond(response) {
  const { status, list, body } = partsOf(response);
  if (status === 0) throw new RangeError('The status provided (0) is outside the range [200, 599]');
  const content = body === null ? undefined : body.send();
  if (find(list, 'content-length') >= 0 || body?.source instanceof Blob) correctLength(list, body);
  answered = true;
  native.invocation.respond(status, toLines(list), content);
}

/** The engine counts the bytes that it is given, and refuses an answer that is not as long as it says. */
function correctLength(list, body) {
  const source = body?.source;
  if (source instanceof Blob) set(list, 'content-length', String(source.size));
  else if (body === null || typeof source === 'string' || source instanceof Uint8Array) remove(list, 'content-length');
}

/** Sends `{"error": message}`, unless something was sent. */
export function respondWithError(status, message) {
  if (answered) return;
  answered = true;
  native.invocation.respond(status, 'content-type\napplication/json', JSON.stringify({ error: message }));
}

/** A response of anything with a status, headers and a text. Its bytes are taken where it has them. */
export async function convert(result) {
  if (result === undefined || result === null) {
    throw new TypeError(`Cannot read properties of ${result} (reading 'status')`);
  }
  const { status, statusText } = result;
  let body = null;
  if (!NULL_BODY.includes(status)) {
    if (typeof result.text !== 'function') throw new TypeError('response.text is not a function');
    body = typeof result.arrayBuffer === 'function' ? await result.arrayBuffer() : String(await result.text());
  }
  const { headers } = result;
  if (typeof headers?.[Symbol.iterator] !== 'function') {
    if (headers === undefined || headers === null) throw new TypeError(`${headers} is not iterable`);
    throw new TypeError('response.headers is not iterable');
  }
  const checked = new Response(null, { status, statusText });
  const list = listOf(headers);
  const content = typeof body === 'string' ? body : body && new Uint8Array(body);
  if (typeof body === 'string' && !has(list, 'content-type')) list.push('content-type', 'text/plain;charset=UTF-8');
  return received({ status: checked.status, list, body: content === null ? null : new Body(content) });
}
