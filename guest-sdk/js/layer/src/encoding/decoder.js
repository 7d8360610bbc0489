// `TextDecoder`, after the Encoding standard.
import { dictionary, expose } from '../idl/index.js';
import { native } from '../native.js';

const { encodingOf, decode, decoder, decodeChunk, forget } = native.encoding;

const EMPTY = new Uint8Array();

/** The bytes of what Web IDL calls an `AllowSharedBufferSource`. */
export function bytesOf(input, where) {
  if (input instanceof Uint8Array) return input;
  if (ArrayBuffer.isView(input)) return new Uint8Array(input.buffer, input.byteOffset, input.byteLength);
  if (input instanceof ArrayBuffer || input instanceof SharedArrayBuffer) {
    return input.detached ? EMPTY : new Uint8Array(input);
  }
  throw new TypeError(`${where}: the argument is neither an ArrayBuffer nor a view of one`);
}

export class TextDecoder {
  #encoding = 'utf-8';
  #fatal = false;
  #ignoreBOM = false;
  /** The number of the engine's decoder, while a stream is being decoded. */
  #running;

  constructor(label = 'utf-8', options = undefined) {
    if (label !== 'utf-8') {
      const name = encodingOf(`${label}`);
      if (name === undefined) throw new RangeError(`TextDecoder: ${JSON.stringify(`${label}`)} is no encoding that is known`);
      this.#encoding = name;
    }
    const { fatal, ignoreBOM } = dictionary(options, 'TextDecoder');
    this.#fatal = Boolean(fatal);
    this.#ignoreBOM = Boolean(ignoreBOM);
  }

  get encoding() {
    return this.#encoding;
  }

  get fatal() {
    return this.#fatal;
  }

  get ignoreBOM() {
    return this.#ignoreBOM;
  }

  decode(input = undefined, options = undefined) {
    const bytes = input === undefined ? EMPTY : bytesOf(input, 'TextDecoder.decode');
    const stream = Boolean(dictionary(options, 'TextDecoder.decode').stream);
    let text;
    if (!stream && this.#running === undefined) {
      text = decode(this.#encoding, bytes, this.#fatal, this.#ignoreBOM);
    } else {
      this.#running ??= decoder(this.#encoding, this.#ignoreBOM);
      text = decodeChunk(this.#running, bytes, this.#fatal, !stream);
      if (!stream || text === undefined) this.#stop();
    }
    if (text === undefined) throw new TypeError(`The data is not valid ${this.#encoding}`);
    return text;
  }

  #stop() {
    forget(this.#running);
    this.#running = undefined;
  }
}

expose({ TextDecoder });
