// `TextEncoderStream` and `TextDecoderStream`, after the Encoding standard.
import { expose } from '../idl/index.js';
import { TransformStream } from '../streams/index.js';
import { TextDecoder } from './decoder.js';
import { TextEncoder } from './encoder.js';

const isHigh = (unit) => unit >= 0xd800 && unit < 0xdc00;

export class TextEncoderStream {
  #transform;

  constructor() {
    const encoder = new TextEncoder();
    /** The first half of a character whose second comes with the next chunk. */
    let held = '';
    this.#transform = new TransformStream({
      transform(chunk, controller) {
        let text = held + `${chunk}`;
        held = '';
        if (text !== '' && isHigh(text.charCodeAt(text.length - 1))) {
          held = text.slice(-1);
          text = text.slice(0, -1);
        }
        if (text !== '') controller.enqueue(encoder.encode(text));
      },
      flush(controller) {
        if (held !== '') controller.enqueue(encoder.encode(held));
      },
    });
  }

  get encoding() {
    this.#transform;
    return 'utf-8';
  }

  get readable() {
    return this.#transform.readable;
  }

  get writable() {
    return this.#transform.writable;
  }
}

export class TextDecoderStream {
  #decoder;
  #transform;

  constructor(label = 'utf-8', options = undefined) {
    const decoder = new TextDecoder(label, options);
    this.#decoder = decoder;
    this.#transform = new TransformStream({
      transform(chunk, controller) {
        if (chunk === undefined) throw new TypeError('TextDecoderStream: a chunk is no buffer');
        const text = decoder.decode(chunk, { stream: true });
        if (text !== '') controller.enqueue(text);
      },
      flush(controller) {
        const text = decoder.decode();
        if (text !== '') controller.enqueue(text);
      },
    });
  }

  get encoding() {
    return this.#decoder.encoding;
  }

  get fatal() {
    return this.#decoder.fatal;
  }

  get ignoreBOM() {
    return this.#decoder.ignoreBOM;
  }

  get readable() {
    return this.#transform.readable;
  }

  get writable() {
    return this.#transform.writable;
  }
}

expose({ TextEncoderStream, TextDecoderStream });
