// Bodies that the engine holds: that of the request, and those of fetched responses. They are read as they are asked for.
import { native } from '../native.js';
import { ReadableStream } from '../streams/index.js';

/** Says that a native body is the request's, which the engine is first asked for when somebody reads it. */
export const INCOMING = -1;

/** The native bodies behind streams that were made of them. */
const behind = new WeakMap();

export class NativeBody {
  #number;
  #stream;
  #controller;
  #gone;
  /** Whether anything of it was read. */
  disturbed = false;

  constructor(number) {
    this.#number = number;
  }

  /** Its number for the engine, which is the last one that reads it then. */
  take() {
    this.disturbed = true;
    if (this.#number === INCOMING) this.#number = native.body.incoming();
    return this.#number;
  }

  text() {
    return this.#unlessGone(native.body.text(this.take()));
  }

  bytes() {
    return this.#unlessGone(native.body.bytes(this.take()));
  }

  /** Lets go of what was not read. */
  drop() {
    native.body.drop(this.take());
  }

  /** Breaks it off with an error: whoever reads it gets it. */
  abort(reason) {
    this.drop();
    this.#controller?.error(reason);
    this.#gone?.reject(reason);
  }

  /** It as a stream of bytes. */
  get stream() {
    if (this.#stream === undefined) {
      this.#stream = new ReadableStream(
        {
          type: 'bytes',
          start: (controller) => {
            this.#controller = controller;
          },
          pull: (controller) => this.#pull(controller),
          cancel: () => this.drop(),
        },
        { highWaterMark: 0 },
      );
      behind.set(this.#stream, this);
    }
    return this.#stream;
  }

  async #pull(controller) {
    const chunk = await native.body.read(this.take());
    if (chunk) {
      controller.enqueue(chunk);
      return;
    }
    controller.close();
    controller.byobRequest?.respond(0);
  }

  #unlessGone(promise) {
    this.#gone = Promise.withResolvers();
    return Promise.race([promise, this.#gone.promise]);
  }
}

/** The native body that a stream is, if nothing of it was read and nobody reads it. */
export function nativeOf(stream) {
  const body = behind.get(stream);
  return body && !body.disturbed && !stream.locked ? body : undefined;
}
