// `FileReader`, after the File API standard.
import { ProgressEvent } from '../events/kinds.js';
import { EventTarget, dispatch, handlerProperty } from '../events/target.js';
import { TextDecoder } from '../encoding/decoder.js';
import { constants, expose, required } from '../idl/index.js';
import { Blob, bytesOf } from './blob.js';

/** Characters that are made of bytes at a time. */
const PIECE = 8192;

function binaryString(bytes) {
  let text = '';
  for (let at = 0; at < bytes.length; at += PIECE) text += String.fromCharCode(...bytes.subarray(at, at + PIECE));
  return text;
}

function decoderOf(label, type) {
  const charset = /;\s*charset=([^;\s]+)/i.exec(type)?.[1];
  for (const name of [label, charset]) {
    try {
      if (name !== undefined) return new TextDecoder(name);
    } catch {
      // A label that is not known is passed over.
    }
  }
  return new TextDecoder();
}

export class FileReader extends EventTarget {
  #state = FileReader.EMPTY;
  #result = null;
  /** Which reading is under way: what belongs to one before it is dropped. */
  #reading = 0;

  get readyState() {
    return this.#state;
  }

  get result() {
    return this.#result;
  }

  get error() {
    this.#state;
    return null;
  }

  readAsArrayBuffer(blob) {
    this.#read('readAsArrayBuffer', arguments.length, blob, (bytes) => bytes.slice().buffer);
  }

  readAsBinaryString(blob) {
    this.#read('readAsBinaryString', arguments.length, blob, binaryString);
  }

  readAsText(blob, encoding = undefined) {
    const label = encoding === undefined ? undefined : `${encoding}`;
    this.#read('readAsText', arguments.length, blob, (bytes) => decoderOf(label, blob.type).decode(bytes));
  }

  readAsDataURL(blob) {
    const url = (bytes) => `data:${blob.type || 'application/octet-stream'};base64,${btoa(binaryString(bytes))}`;
    this.#read('readAsDataURL', arguments.length, blob, url);
  }

  abort() {
    if (this.#state !== FileReader.LOADING) {
      this.#result = null;
      return;
    }
    this.#reading += 1;
    this.#state = FileReader.DONE;
    this.#result = null;
    this.#tell('abort');
    if (this.#state !== FileReader.LOADING) this.#tell('loadend');
  }

  #read(method, given, blob, resultOf) {
    required(given, 1, `FileReader.${method}`);
    if (!(blob instanceof Blob)) throw new TypeError(`FileReader.${method}: the argument is not a Blob`);
    if (this.#state === FileReader.LOADING) throw new DOMException('It is reading already', 'InvalidStateError');
    this.#state = FileReader.LOADING;
    this.#result = null;
    this.#reading += 1;
    const reading = this.#reading;
    globalThis.setTimeout(() => {
      if (reading === this.#reading) this.#finish(reading, bytesOf(blob), resultOf);
    }, 0);
  }

  #finish(reading, bytes, resultOf) {
    const { length } = bytes;
    this.#tell('loadstart', 0, length);
    if (reading === this.#reading && length) this.#tell('progress', length, length);
    if (reading !== this.#reading) return;
    this.#state = FileReader.DONE;
    this.#result = resultOf(bytes);
    this.#tell('load', length, length);
    if (this.#state !== FileReader.LOADING) this.#tell('loadend', length, length);
  }

  #tell(type, loaded = 0, total = 0) {
    dispatch(this, new ProgressEvent(type, { lengthComputable: true, loaded, total }));
  }
}

constants(FileReader, { EMPTY: 0, LOADING: 1, DONE: 2 });
for (const type of ['loadstart', 'progress', 'load', 'abort', 'error', 'loadend']) handlerProperty(FileReader, type);
expose({ FileReader });
