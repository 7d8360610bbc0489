// Bodies of requests and responses. One that is known is kept as it was given; a stream is made of it when somebody asks.
import { Blob } from '../blob/blob.js';
import { TextDecoder } from '../encoding/decoder.js';
import { TextEncoder } from '../encoding/encoder.js';
import { FormData } from '../forms/index.js';
import { native } from '../native.js';
import { ReadableStream, isDisturbed } from '../streams/index.js';
import { URLSearchParams } from '../url/search_params.js';
import { get } from './header_list.js';
import { parseMime } from './mime.js';
import { read as readMultipart, write as writeMultipart } from './multipart.js';
import { NativeBody, nativeOf } from './native_body.js';

const TEXT = 'text/plain;charset=UTF-8';
const FORM = 'application/x-www-form-urlencoded';

const unusable = () => new TypeError('Body is unusable: it was read already, or is being read');

/** A body that is not null. */
export class Body {
  /** A string, a `Uint8Array`, a `Blob` or a `NativeBody`; undefined where there is but a stream. */
  source;
  #stream;
  /** Whether it was read past its stream. */
  #taken = false;

  constructor(source, stream = undefined) {
    this.source = source;
    this.#stream = stream;
  }

  /** Whether anything of it was read. */
  get used() {
    if (this.#taken || (this.source instanceof NativeBody && this.source.disturbed)) return true;
    return this.#stream !== undefined && isDisturbed(this.#stream);
  }

  get stream() {
    this.#stream ??= this.#taken ? closed() : streamOf(this.source);
    return this.#stream;
  }

  /** Makes it the caller's: its source, or else its stream. A `TypeError` if it was read. */
  #take() {
    if (this.used || this.#stream?.locked) throw unusable();
    if (this.#stream !== undefined && !(this.source instanceof NativeBody)) return this.#stream;
    this.#taken = true;
    return this.source instanceof Blob ? streamOf(this.source) : this.source;
  }

  /** What the engine can send: a string, bytes, or a number. What it does not know is sent while it is read. */
  send() {
    const taken = this.#take();
    if (typeof taken === 'string' || taken instanceof Uint8Array) return taken;
    return taken instanceof NativeBody ? taken.take() : sendStream(taken);
  }

  async text() {
    const taken = this.#take();
    if (typeof taken === 'string') return withoutMark(taken.isWellFormed() ? taken : taken.toWellFormed());
    if (taken instanceof NativeBody) return taken.text();
    return new TextDecoder().decode(taken instanceof Uint8Array ? taken : await collect(taken));
  }

  async bytes() {
    const taken = this.#take();
    if (typeof taken === 'string') return new TextEncoder().encode(taken);
    if (taken instanceof NativeBody) return taken.bytes();
    return taken instanceof Uint8Array ? taken.slice() : collect(taken);
  }

  /** The same body twice, this one being the first. */
  clone() {
    if (this.used || this.#stream?.locked) throw unusable();
    if (this.#stream === undefined && !(this.source instanceof NativeBody)) return new Body(this.source);
    const [mine, other] = this.stream.tee();
    this.source = undefined;
    this.#stream = mine;
    return new Body(undefined, other);
  }

  /** The same body for another owner: for this one it is as if it had been read. */
  moved() {
    if (this.used || this.#stream?.locked) throw unusable();
    const moved = new Body(this.source, this.#stream);
    this.source = undefined;
    this.#stream = undefined;
    this.#taken = true;
    return moved;
  }

  /** Breaks it off, for who reads it. */
  abort(reason) {
    if (this.source instanceof NativeBody) this.source.abort(reason);
  }
}

function closed() {
  return new ReadableStream({
    start(controller) {
      controller.close();
    },
  });
}

const withoutMark = (text) => (text.startsWith('\ufeff') ? text.slice(1) : text);

function streamOf(source) {
  if (source instanceof NativeBody) return source.stream;
  if (source instanceof Blob) return source.stream();
  return new ReadableStream(
    {
      type: 'bytes',
      pull(controller) {
        const bytes = typeof source === 'string' ? new TextEncoder().encode(source) : source.slice();
        if (bytes.length) controller.enqueue(bytes);
        controller.close();
        controller.byobRequest?.respond(0);
      },
    },
    { highWaterMark: 0 },
  );
}

async function collect(stream) {
  const chunks = [];
  let length = 0;
  const reader = stream.getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    chunks.push(checked(value));
    length += value.length;
  }
  const whole = new Uint8Array(length);
  let at = 0;
  for (const chunk of chunks) {
    whole.set(chunk, at);
    at += chunk.length;
  }
  return whole;
}

function checked(chunk) {
  if (chunk instanceof Uint8Array) return chunk;
  throw new TypeError('A stream that is a body must give Uint8Arrays: encode text with a TextEncoderStream');
}

/** Has the engine send a stream while it is read; its number there. */
function sendStream(stream) {
  const reader = stream.getReader();
  const [sender, body] = native.body.channel();
  pump(reader, sender);
  return body;
}

async function pump(reader, sender) {
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) {
        native.body.end(sender);
        return;
      }
      if (checked(value).length && !(await native.body.send(sender, value))) {
        await reader.cancel(new DOMException('Nobody reads the body any more', 'AbortError'));
        return;
      }
    }
  } catch (error) {
    native.body.abort(sender, String(error?.message ?? error));
    reader.cancel(error).catch(() => {});
  }
}

/** What `BodyInit` makes: a body and its content type, where it has one. */
export function extract(init) {
  if (typeof init === 'string') return { body: new Body(init), type: TEXT };
  if (init instanceof ArrayBuffer) return { body: new Body(new Uint8Array(init.slice(0))), type: null };
  if (ArrayBuffer.isView(init)) {
    return { body: new Body(new Uint8Array(init.buffer, init.byteOffset, init.byteLength).slice()), type: null };
  }
  if (init instanceof ReadableStream) return { body: ofStream(init), type: null };
  if (init instanceof URLSearchParams) return { body: new Body(String(init)), type: `${FORM};charset=UTF-8` };
  if (init instanceof Blob) return { body: new Body(init), type: init.type || null };
  if (init instanceof FormData) {
    const { parts, type } = writeMultipart(init);
    return { body: new Body(new Blob(parts)), type };
  }
  if (typeof init?.[Symbol.asyncIterator] === 'function' && !(init instanceof String)) {
    return { body: new Body(undefined, ReadableStream.from(init)), type: null };
  }
  return { body: new Body(String(init)), type: TEXT };
}

function ofStream(stream) {
  const known = nativeOf(stream);
  if (known) return new Body(known, stream);
  if (stream.locked || isDisturbed(stream)) throw new TypeError('A stream that is read already cannot be a body');
  return new Body(undefined, stream);
}

/**
 * Gives a class what requests and responses have in common.
 * @param {(owner: object) => Body | null} bodyOf throws for what is no instance
 * @param {(owner: object) => string[]} listOf its headers
 */
export function withBody(Class, bodyOf, listOf) {
  const members = {
    get body() {
      return bodyOf(this)?.stream ?? null;
    },
    get bodyUsed() {
      return bodyOf(this)?.used ?? false;
    },
    async text() {
      return (await bodyOf(this)?.text()) ?? '';
    },
    async json() {
      return JSON.parse((await bodyOf(this)?.text()) ?? '');
    },
    async bytes() {
      return (await bodyOf(this)?.bytes()) ?? new Uint8Array();
    },
    async arrayBuffer() {
      return ((await bodyOf(this)?.bytes()) ?? new Uint8Array()).buffer;
    },
    async blob() {
      const bytes = (await bodyOf(this)?.bytes()) ?? new Uint8Array();
      return new Blob([bytes], { type: get(listOf(this), 'content-type') ?? '' });
    },
    async formData() {
      return form(bodyOf(this), parseMime(get(listOf(this), 'content-type')));
    },
  };
  Object.defineProperties(Class.prototype, Object.getOwnPropertyDescriptors(members));
}

async function form(body, mime) {
  if (mime?.essence === 'multipart/form-data') {
    const boundary = mime.parameters.get('boundary');
    if (!boundary) throw new TypeError('The content type multipart/form-data has no boundary');
    return readMultipart((await body?.bytes()) ?? new Uint8Array(), boundary);
  }
  if (mime?.essence === FORM) {
    const data = new FormData();
    for (const [name, value] of new URLSearchParams((await body?.text()) ?? '')) data.append(name, value);
    return data;
  }
  throw new TypeError(`The body is no form: its content type is neither multipart/form-data nor ${FORM}`);
}
