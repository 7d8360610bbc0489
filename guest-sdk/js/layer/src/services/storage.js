import { native } from '../native.js';
import { known, textOf } from './bytes.js';
import { done, here, settled } from './call.js';
import { StorageError } from './errors.js';

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
    const { bytes, stream, type } = await opened(body);
    const given = contentType ?? type;
    const info = stream
      ? await this.#pump(String(key), given, stream)
      : await settled(StorageError, () => host.put(this.#name, this.#service, String(key), given, bytes));
    return described(info);
  }

  async #pump(key, contentType, stream) {
    const writer = done(StorageError, () => host.upload(this.#name, this.#service, key, contentType));
    const stored = settled(StorageError, () => writer.stored);
    // It is heard of below, unless the stream is what fails.
    stored.catch(() => {});
    try {
      for await (const chunk of stream) {
        if (!(await writer.write(chunkOf(chunk)))) break;
      }
    } catch (error) {
      writer.abort(String(error?.message ?? error));
      throw error;
    }
    writer.close();
    return stored;
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
  #source;
  #length;

  constructor({ info, first, length, body }) {
    Object.assign(this, described(info));
    this.range = { first, length };
    this.#length = length;
    this.#source = body;
  }

  #stream;

  /** Its bytes, or the range that was asked for. */
  get body() {
    this.#stream ??= streamed(this.#source);
    return this.#stream;
  }

  async bytes() {
    return new Uint8Array(await new Response(this.body).arrayBuffer());
  }

  async text() {
    return textOf(await this.bytes());
  }

  async json() {
    return JSON.parse(await this.text());
  }

  /** A response that passes it on. */
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

/** What a body is made of: bytes, or a stream of them. */
async function opened(body) {
  if (body instanceof Blob) return { bytes: new Uint8Array(await body.arrayBuffer()), type: body.type || undefined };
  if (body instanceof Response || body instanceof Request) {
    const type = body.headers.get('content-type') ?? undefined;
    return body.body ? { stream: body.body, type } : { bytes: new Uint8Array(), type };
  }
  const bytes = known(body);
  if (bytes) return { bytes };
  if (body?.[Symbol.asyncIterator] || body?.[Symbol.iterator]) return { stream: body };
  throw new TypeError('the body is neither a text, bytes, a blob, a stream, a request nor a response');
}

function chunkOf(chunk) {
  const bytes = known(chunk);
  if (!bytes) throw new TypeError('a chunk of the body is neither a text nor bytes');
  return bytes;
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

function streamed(source) {
  return new ReadableStream({
    type: 'bytes',
    async pull(controller) {
      const chunk = await settled(StorageError, () => source.read());
      if (chunk === undefined) {
        controller.close();
        controller.byobRequest?.respond(0);
      } else {
        controller.enqueue(chunk);
      }
    },
    cancel() {
      source.cancel();
    },
  });
}

export const storage = Object.freeze({
  bucket: (name) => new Bucket(String(name)),
});
