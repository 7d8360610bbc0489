// `CompressionStream` and `DecompressionStream`, after the Compression standard.
import { bytesOf } from '../encoding/decoder.js';
import { expose, required } from '../idl/index.js';
import { native } from '../native.js';
import { TransformStream } from '../streams/index.js';

const FORMATS = ['deflate', 'deflate-raw', 'gzip'];

/** Bytes that go to the engine at a time, so that what they become is never large at once. */
const PIECE = 16 * 1024;

const { compressor, decompressor, push, finish } = native.compression;

function formatOf(value, given, where) {
  required(given, 1, where);
  const format = `${value}`;
  if (!FORMATS.includes(format)) throw new TypeError(`${where}: the format is none of ${FORMATS.join(', ')}`);
  return format;
}

function transform(start, where) {
  let codec;
  return new TransformStream({
    start() {
      codec = start();
    },
    transform(chunk, controller) {
      if (chunk?.buffer instanceof SharedArrayBuffer || chunk instanceof SharedArrayBuffer) {
        throw new TypeError(`${where}: a chunk is of shared memory`);
      }
      const bytes = bytesOf(chunk, where);
      for (let at = 0; at < bytes.length; at += PIECE) {
        enqueue(controller, push(codec, bytes.subarray(at, at + PIECE)));
      }
    },
    flush(controller) {
      enqueue(controller, finish(codec));
    },
  });
}

function enqueue(controller, output) {
  if (typeof output === 'string') throw new TypeError(output);
  if (output.length) controller.enqueue(output);
}

export class CompressionStream {
  #transform;

  constructor(format) {
    const known = formatOf(format, arguments.length, 'CompressionStream');
    this.#transform = transform(() => compressor(known), 'CompressionStream');
  }

  get readable() {
    return this.#transform.readable;
  }

  get writable() {
    return this.#transform.writable;
  }
}

export class DecompressionStream {
  #transform;

  constructor(format) {
    const known = formatOf(format, arguments.length, 'DecompressionStream');
    this.#transform = transform(() => decompressor(known), 'DecompressionStream');
  }

  get readable() {
    return this.#transform.readable;
  }

  get writable() {
    return this.#transform.writable;
  }
}

expose({ CompressionStream, DecompressionStream });
