// `AbortController` and `AbortSignal`, after the DOM standard.
import { expose, required } from '../idl/index.js';
import { Event } from './event.js';
import { EventTarget, dispatch, handlerProperty, isHeard, useSignals } from './target.js';

const OWN = Symbol('signal');

let abort;
let onAbort;
let isSignal;

export class AbortSignal extends EventTarget {
  #aborted = false;
  #reason;
  /** Called before listeners are: what the platform itself does when it is aborted. */
  #algorithms;
  /** The signals that this one is made of, and those that are made of it. */
  #sources;
  #dependents;

  static {
    abort = (signal, reason) => signal.#abort(reason);
    isSignal = (value) => typeof value === 'object' && value !== null && #aborted in value;
    onAbort = (signal, algorithm) => {
      if (signal.#aborted) return () => {};
      signal.#algorithms ??= new Set();
      signal.#algorithms.add(algorithm);
      return () => signal.#algorithms.delete(algorithm);
    };
  }

  constructor(own = undefined) {
    if (own !== OWN) throw new TypeError('Illegal constructor');
    super();
  }

  static abort(reason = undefined) {
    const signal = new AbortSignal(OWN);
    signal.#aborted = true;
    signal.#reason = reason === undefined ? new DOMException('The operation was aborted', 'AbortError') : reason;
    return signal;
  }

  static timeout(milliseconds) {
    required(arguments.length, 1, 'AbortSignal.timeout');
    const delay = Math.trunc(Number(milliseconds));
    if (!(delay >= 0 && delay <= Number.MAX_SAFE_INTEGER)) {
      throw new TypeError('AbortSignal.timeout: the time is not a number of milliseconds');
    }
    const signal = new AbortSignal(OWN);
    const due = () => signal.#abort(new DOMException('The operation timed out', 'TimeoutError'));
    globalThis.setTimeout(due, Math.min(delay, 2 ** 31 - 1));
    return signal;
  }

  static any(signals) {
    required(arguments.length, 1, 'AbortSignal.any');
    const list = [...signals];
    if (!list.every(isSignal)) throw new TypeError('AbortSignal.any: not all of the signals are AbortSignals');
    const aborted = list.find((signal) => signal.#aborted);
    const result = new AbortSignal(OWN);
    if (aborted) {
      result.#aborted = true;
      result.#reason = aborted.#reason;
      return result;
    }
    result.#sources = new Set();
    for (const signal of list) {
      for (const source of signal.#sources ?? [signal]) {
        result.#sources.add(source);
        source.#dependents ??= new Set();
        source.#dependents.add(result);
      }
    }
    return result;
  }

  get aborted() {
    return this.#aborted;
  }

  get reason() {
    return this.#reason;
  }

  throwIfAborted() {
    if (this.#aborted) throw this.#reason;
  }

  #abort(reason) {
    if (this.#aborted) return;
    const all = [this];
    this.#settle(reason);
    for (const dependent of this.#dependents ?? []) {
      if (dependent.#aborted) continue;
      dependent.#settle(this.#reason);
      all.push(dependent);
    }
    for (const signal of all) signal.#run();
  }

  #settle(reason) {
    this.#aborted = true;
    this.#reason = reason === undefined ? new DOMException('The operation was aborted', 'AbortError') : reason;
  }

  #run() {
    const algorithms = this.#algorithms ?? [];
    this.#algorithms = undefined;
    for (const algorithm of algorithms) algorithm(this.#reason);
    if (isHeard(this, 'abort')) dispatch(this, new Event('abort'));
  }
}

handlerProperty(AbortSignal, 'abort');
expose({ AbortSignal });

export class AbortController {
  #signal = new AbortSignal(OWN);

  get signal() {
    return this.#signal;
  }

  abort(reason = undefined) {
    abort(this.#signal, reason);
  }
}

expose({ AbortController });

useSignals({ onAbort, isSignal });

/** A signal that follows another one, or nothing yet: of a request, say. */
export const follow = (signals) => AbortSignal.any(signals);

/**
 * Has a function called with the reason when a signal is aborted, before its listeners are.
 * @returns {() => void} forgets it
 */
export { onAbort, isSignal };
