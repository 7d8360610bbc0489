// `MessageChannel` and `MessagePort`, after the HTML standard, within one instance.
import { cloned } from '../clone/index.js';
import { transferable } from '../clone/transfer.js';
import { dataCloneError } from '../clone/errors.js';
import { MessageEvent } from '../events/kinds.js';
import { EventTarget, dispatch, handlerProperty } from '../events/target.js';
import { expose, required } from '../idl/index.js';

const OWN = Symbol('port');

let entangle;

export class MessagePort extends EventTarget {
  #other;
  #started = false;
  #closed = false;
  /** What came before it was started. */
  #queue = [];

  static {
    entangle = (one, other) => {
      one.#other = other;
      other.#other = one;
    };
  }

  constructor(own = undefined) {
    if (own !== OWN) throw new TypeError('Illegal constructor');
    super();
  }

  postMessage(message, options = undefined) {
    required(arguments.length, 1, 'MessagePort.postMessage');
    const transfer = [...(Array.isArray(options) ? options : options?.transfer ?? [])];
    if (transfer.includes(this)) throw dataCloneError('A port that is sent through itself');
    const { copy, moved } = cloned(message, transfer);
    const ports = moved.filter((object) => object instanceof MessagePort);
    this.#other?.#receive(new MessageEvent('message', { data: copy, ports }));
  }

  start() {
    if (this.#started) return;
    this.#started = true;
    for (const event of this.#queue.splice(0)) this.#receive(event);
  }

  close() {
    this.#closed = true;
    this.#other = undefined;
  }

  #receive(event) {
    if (this.#closed) return;
    if (!this.#started) {
      this.#queue.push(event);
      return;
    }
    globalThis.setTimeout(() => {
      if (!this.#closed) dispatch(this, event);
    }, 0);
  }
}

for (const type of ['message', 'messageerror', 'close']) handlerProperty(MessagePort, type);
const onmessage = Object.getOwnPropertyDescriptor(MessagePort.prototype, 'onmessage');
Object.defineProperty(MessagePort.prototype, 'onmessage', {
  ...onmessage,
  set(value) {
    onmessage.set.call(this, value);
    this.start();
  },
});
transferable(MessagePort, () => {}, (port) => port);
expose({ MessagePort });

export class MessageChannel {
  #port1 = new MessagePort(OWN);
  #port2 = new MessagePort(OWN);

  constructor() {
    entangle(this.#port1, this.#port2);
  }

  get port1() {
    return this.#port1;
  }

  get port2() {
    return this.#port2;
  }
}

expose({ MessageChannel });
