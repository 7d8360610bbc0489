// The events that carry something.
import { dictionary, expose, required } from '../idl/index.js';
import { Event } from './event.js';

export class CustomEvent extends Event {
  #detail;

  constructor(type, options = undefined) {
    required(arguments.length, 1, 'CustomEvent');
    super(type, options);
    this.#detail = dictionary(options, 'CustomEvent').detail ?? null;
  }

  get detail() {
    return this.#detail;
  }

  initCustomEvent(type, bubbles = false, cancelable = false, detail = null) {
    required(arguments.length, 1, 'CustomEvent.initCustomEvent');
    this.initEvent(type, bubbles, cancelable);
    this.#detail = detail;
  }
}

export class ErrorEvent extends Event {
  #members;

  constructor(type, options = undefined) {
    required(arguments.length, 1, 'ErrorEvent');
    super(type, options);
    const { message = '', filename = '', lineno = 0, colno = 0, error } = dictionary(options, 'ErrorEvent');
    this.#members = {
      message: `${message}`,
      filename: `${filename}`,
      lineno: Number(lineno) >>> 0,
      colno: Number(colno) >>> 0,
      error,
    };
  }

  get message() {
    return this.#members.message;
  }

  get filename() {
    return this.#members.filename;
  }

  get lineno() {
    return this.#members.lineno;
  }

  get colno() {
    return this.#members.colno;
  }

  get error() {
    return this.#members.error;
  }
}

export class PromiseRejectionEvent extends Event {
  #promise;
  #reason;

  constructor(type, options) {
    required(arguments.length, 2, 'PromiseRejectionEvent');
    super(type, options);
    const { promise, reason } = dictionary(options, 'PromiseRejectionEvent');
    if (typeof promise !== 'object' || promise === null) {
      throw new TypeError('PromiseRejectionEvent: the option promise is required');
    }
    this.#promise = promise;
    this.#reason = reason;
  }

  get promise() {
    return this.#promise;
  }

  get reason() {
    return this.#reason;
  }
}

export class MessageEvent extends Event {
  #members;

  constructor(type, options = undefined) {
    required(arguments.length, 1, 'MessageEvent');
    super(type, options);
    const { data = null, origin = '', lastEventId = '', source = null, ports = [] } = dictionary(options, 'MessageEvent');
    this.#members = {
      data,
      origin: `${origin}`,
      lastEventId: `${lastEventId}`,
      source,
      ports: Object.freeze([...ports]),
    };
  }

  get data() {
    return this.#members.data;
  }

  get origin() {
    return this.#members.origin;
  }

  get lastEventId() {
    return this.#members.lastEventId;
  }

  get source() {
    return this.#members.source;
  }

  get ports() {
    return this.#members.ports;
  }
}

export class ProgressEvent extends Event {
  #members;

  constructor(type, options = undefined) {
    required(arguments.length, 1, 'ProgressEvent');
    super(type, options);
    const { lengthComputable = false, loaded = 0, total = 0 } = dictionary(options, 'ProgressEvent');
    this.#members = { lengthComputable: Boolean(lengthComputable), loaded: Number(loaded), total: Number(total) };
  }

  get lengthComputable() {
    return this.#members.lengthComputable;
  }

  get loaded() {
    return this.#members.loaded;
  }

  get total() {
    return this.#members.total;
  }
}

expose({ CustomEvent, ErrorEvent, PromiseRejectionEvent, MessageEvent, ProgressEvent });
