// `Blob`, after the File API standard.
import { dictionary, expose, usvString } from '../idl/index.js';
import { native } from '../native.js';
import { ReadableStream } from '../streams/index.js';

/** Bytes that a stream of a blob gives at a time. */
const CHUNK = 64 * 1024;

const { encode, decode } = native.encoding;
const OWN = Symbol('bytes');

let bytesOf;

export class Blob {
  /** Never written to: slices share it. */
  #bytes;
  #type;

  static {
    bytesOf = (blob) => blob.#bytes;
  }

  constructor(parts = undefined, options = undefined) {
    if (parts === OWN) {
      this.#bytes = options.bytes;
      this.#type = options.type;
      return;
    }
    if (parts !== undefined && ((typeof parts !== 'object' && typeof parts !== 'function') || parts === null)) {
      throw new TypeError(`${new.target.name}: the parts are no sequence`);
    }
    const list = [];
    for (const part of parts ?? []) list.push(isBinary(part) ? part : usvString(part));
    const { endings = 'transparent', type = '' } = dictionary(options, new.target.name);
    if (`${endings}` !== 'transparent' && `${endings}` !== 'native') {
      throw new TypeError(`${new.target.name}: the option endings is neither transparent nor native`);
    }
    this.#bytes = concatenate(list.map((part) => bytesOfPart(part, `${endings}` === 'native')));
    this.#type = typeOf(`${type}`);
  }

  get size() {
    return this.#bytes.length;
  }

  get type() {
    return this.#type;
  }

  slice(start = 0, end = undefined, type = '') {
    const { length } = this.#bytes;
    const from = position(start, length);
    const to = end === undefined ? length : position(end, length);
    return new Blob(OWN, { bytes: this.#bytes.subarray(from, Math.max(from, to)), type: typeOf(`${type}`) });
  }

  stream() {
    const bytes = this.#bytes;
    let at = 0;
    return new ReadableStream(
      {
        type: 'bytes',
        pull(controller) {
          if (at < bytes.length) {
            controller.enqueue(bytes.slice(at, at + CHUNK));
            at += CHUNK;
          }
          if (at < bytes.length) return;
          controller.close();
          controller.byobRequest?.respond(0);
        },
      },
      { highWaterMark: 0 },
    );
  }

  async text() {
    return decode('utf-8', this.#bytes, false, true);
  }

  async arrayBuffer() {
    return this.#bytes.slice().buffer;
  }

  async bytes() {
    return this.#bytes.slice();
  }
}

const isBinary = (part) => part instanceof Blob || ArrayBuffer.isView(part) || part instanceof ArrayBuffer;

function bytesOfPart(part, nativeEndings) {
  if (part instanceof Blob) return bytesOf(part);
  if (ArrayBuffer.isView(part)) return new Uint8Array(part.buffer, part.byteOffset, part.byteLength);
  if (part instanceof ArrayBuffer) return new Uint8Array(part);
  return encode(nativeEndings ? part.replace(/\r\n?/g, '\n') : part);
}

function concatenate(parts) {
  let length = 0;
  for (const part of parts) length += part.length;
  const whole = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** A type in lower case; none where it is not printable ASCII. */
export const typeOf = (type) => (/^[ -~]*$/.test(type) ? type.toLowerCase() : '');

/** A position in the blob, counted from its end where it is negative; clamped, as Web IDL has it. */
function position(value, length) {
  const number = Math.round(Number(value)) || 0;
  return number < 0 ? Math.max(length + number, 0) : Math.min(number, length);
}

expose({ Blob });

/** The bytes of a blob, which must not be written to. */
export { bytesOf };
