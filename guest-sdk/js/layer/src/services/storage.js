import { native } from '../native.js';
import { Body } from '../fetch/body.js';
import { NativeBody } from '../fetch/native_body.js';
import { here, settled } from './call.js';
import { StorageError } from './errors.js';
import { content } from './exchange.js';

const host = native.services.storage;

/** A bucket, and whom its operations act for. Having one does not mean that it exists. */
class Bucket {
  #name;
  #service;

  constructor(name, service = false) {
    this.#name = name;
    this.#service = service;
  }

  asService() {
    return new Bucket(this.#name, true);
  }

  async upload(key, body, { contentType } = {}) {
    const { sent, type } = await content(uploadable(body));
    const given = contentType ?? (isMessage(body) ? body.headers.get('content-type') : type) ?? undefined;
    return described(await settled(StorageError, () => host.put(this.#name, this.#service, String(key), given, sent)));
  }

  async download(key, { range } = {}) {
    const [first, last] = bounds(range);
    const object = await settled(StorageError, () => host.get(this.#name, this.#service, String(key), first, last));
    return new StoredObject(object);
  }

  async head(key) {
    return described(await settled(StorageError, () => host.head(this.#name, this.#service, String(key))));
  }

  list(options) {
    return new List((prefix, after, limit) => host.list(this.#name, this.#service, prefix, after, limit), options);
  }

  async remove(keys) {
    for (const key of Array.isArray(keys) ? keys : [keys]) {
      await settled(StorageError, () => host.delete(this.#name, this.#service, String(key)));
    }
  }

  async copy(from, to) {
    const copied = settled(StorageError, () => host.copy(this.#name, this.#service, String(from), String(to)));
    return described(await copied);
  }

  signedUrl(key, seconds = 3600) {
    return settled(StorageError, () => host.signedUrl(this.#name, this.#service, String(key), seconds));
  }

  info() {
    return settled(StorageError, () => host.info(this.#name, this.#service));
  }
}

/** An object that is being read. */
class StoredObject {
  #content;
  #length;

  constructor({ info, first, length, body }) {
    Object.assign(this, described(info));
    this.range = { first, length };
    this.#length = length;
    this.#content = new Body(new NativeBody(body));
  }

  get body() {
    return this.#content.stream;
  }

  bytes() {
    return this.#content.bytes();
  }

  text() {
    return this.#content.text();
  }

  async json() {
    return JSON.parse(await this.text());
  }

  /** A response that passes it on: the engine moves the bytes from one stream to the other. */
  response(init = {}) {
    const headers = new Headers(init.headers);
    if (!headers.has('content-type') && this.contentType) headers.set('content-type', this.contentType);
    if (!headers.has('content-length')) headers.set('content-length', String(this.#length));
    return new Response(this.body, { ...init, headers });
  }
}

/** Objects of a bucket. Awaited, a page of them; iterated, all of them, page by page. */
class List {
  #ask;
  #prefix;
  #after;
  #limit;
  #stack = here();

  constructor(ask, { prefix = '', after, limit = 100 } = {}) {
    this.#ask = ask;
    this.#prefix = String(prefix);
    this.#after = after;
    this.#limit = limit;
  }

  async #page(after) {
    const page = await settled(StorageError, () => this.#ask(this.#prefix, after, this.#limit), this.#stack);
    return { objects: page.objects.map(described), next: page.next };
  }

  then(fulfilled, rejected) {
    return this.#page(this.#after).then(fulfilled, rejected);
  }

  async *[Symbol.asyncIterator]() {
    let after = this.#after;
    do {
      const page = await this.#page(after);
      yield* page.objects;
      after = page.next;
    } while (after !== undefined);
  }
}

function described(info) {
  return { ...info, uploadedAt: new Date(info.uploadedAt) };
}

function isMessage(body) {
  return body instanceof Request || body instanceof Response;
}

/** What the Fetch API makes a body of; it would make one of the name of anything else. */
function uploadable(body) {
  if (isMessage(body)) return body.body ?? '';
  const isObject = typeof body === 'object' && body !== null;
  const isBytes = isObject && (body instanceof ArrayBuffer || ArrayBuffer.isView(body) || body instanceof Blob);
  if (typeof body === 'string' || isBytes || (isObject && Symbol.asyncIterator in body)) return body;
  throw new TypeError('what is uploaded is a text, bytes, a blob, a stream, a request or a response');
}

/** The bounds of a range as the native takes them: without the first one, the second is how many of the last. */
function bounds(range) {
  if (range === undefined) return [];
  const { first, last, suffix } = range;
  const given = suffix === undefined ? [first, last] : [undefined, suffix];
  const wrong = given.find((bound) => bound !== undefined && !(Number.isSafeInteger(bound) && bound >= 0));
  if (wrong !== undefined || given.every((bound) => bound === undefined)) {
    throw new TypeError('a range is { first }, { first, last } or { suffix }, in whole numbers');
  }
  return given;
}

export const storage = Object.freeze({
  bucket: (name) => new Bucket(String(name)),
});
