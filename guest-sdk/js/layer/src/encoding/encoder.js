// `TextEncoder`, after the Encoding standard.
import { expose, required, usvString } from '../idl/index.js';
import { native } from '../native.js';

const { encode } = native.encoding;

export class TextEncoder {
  #encoding = 'utf-8';

  get encoding() {
    return this.#encoding;
  }

  encode(input = '') {
    this.#encoding;
    return encode(usvString(input));
  }

  encodeInto(source, destination) {
    required(arguments.length, 2, 'TextEncoder.encodeInto');
    const text = `${source}`;
    if (!(destination instanceof Uint8Array)) {
      throw new TypeError('TextEncoder.encodeInto: the destination is not a Uint8Array');
    }
    // A code unit takes one byte at least: more than these can never fit.
    const candidate = text.slice(0, destination.length);
    const bytes = encode(usvString(candidate));
    if (bytes.length <= destination.length) {
      if (!endsInPair(text, candidate.length)) {
        if (bytes.length) destination.set(bytes);
        return { read: candidate.length, written: bytes.length };
      }
    }
    return encodePart(text, destination);
  }
}

/** Whether a slice of the text would part two surrogates that belong together. */
function endsInPair(text, length) {
  const last = text.charCodeAt(length - 1);
  const next = text.charCodeAt(length);
  return last >= 0xd800 && last < 0xdc00 && next >= 0xdc00 && next < 0xe000;
}

/** Encodes as many whole characters as there is room for. */
function encodePart(text, destination) {
  let read = 0;
  let written = 0;
  for (const character of text) {
    const bytes = encode(usvString(character));
    if (written + bytes.length > destination.length) break;
    destination.set(bytes, written);
    written += bytes.length;
    read += character.length;
  }
  return { read, written };
}

expose({ TextEncoder });
