// Requests that the platform itself answers, in the Fetch API's terms.
import { Body, extract } from '../fetch/body.js';
import { fromLines, toLines } from '../fetch/header_list.js';
import { NativeBody } from '../fetch/native_body.js';
import { partsOf } from '../fetch/request.js';
import { received } from '../fetch/response.js';
import { settled } from './call.js';

/** What a path is resolved against: of an address, only path and query count. */
const BASE = 'http://platform.invalid';

const NO_BODY = [204, 205, 304];

/** A body as the engine takes it: a text, bytes, or the number of a stream. */
export async function sendable(body) {
  if (body === null) return undefined;
  return body.source instanceof Blob ? body.bytes() : body.send();
}

/** The same of what can be the body of a request, and its media type. */
export async function content(init) {
  const { body, type } = extract(init);
  return { sent: await sendable(body), type };
}

/**
 * Sends a request through `transmit`, which is given what the engine takes: method, path with query, headers, body.
 */
export async function exchange(Kind, transmit, input, init) {
  const request = input instanceof Request ? new Request(input, init) : new Request(new URL(input, BASE), init);
  const { method, url, list, body } = partsOf(request);
  const { pathname, search } = new URL(url);
  const sent = await sendable(body);
  const [status, statusText, lines, number] = await settled(Kind, () => transmit(method, pathname + search, toLines(list), sent));
  return response(method, { status, statusText, list: fromLines(lines), number });
}

function response(method, { status, statusText, list, number }) {
  const source = new NativeBody(number);
  const isEmpty = method === 'HEAD' || NO_BODY.includes(status);
  if (isEmpty) source.drop();
  const rest = { statusText, type: 'default', url: '', redirected: false };
  return received({ status, list, body: isEmpty ? null : new Body(source), rest });
}
