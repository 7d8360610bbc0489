// `EventTarget`, after the DOM standard. There is no tree here: an event goes to its target alone.
import { expose, required } from '../idl/index.js';
import { Event, stateOf } from './event.js';

let listenersOf;

export class EventTarget {
  /** Made with the first listener: most targets, such as signals, never have one. */
  #listeners;

  static {
    listenersOf = (target) => target.#listeners;
  }

  addEventListener(type, callback, options = undefined) {
    required(arguments.length, 2, 'EventTarget.addEventListener');
    const { capture, once, passive, signal } = flags(options);
    checkCallback(callback, 'addEventListener');
    const key = `${type}`;
    if (callback === null || callback === undefined || signal?.aborted) return;
    this.#listeners ??= new Map();
    const list = this.#listeners.get(key) ?? [];
    if (list.some((listener) => listener.callback === callback && listener.capture === capture)) return;
    const listener = { callback, capture, once, passive, removed: false };
    this.#listeners.set(key, [...list, listener]);
    if (signal) onAbort(signal, () => this.#remove(key, listener));
  }

  removeEventListener(type, callback, options = undefined) {
    required(arguments.length, 2, 'EventTarget.removeEventListener');
    checkCallback(callback, 'removeEventListener');
    const capture = typeof options === 'object' && options !== null ? Boolean(options.capture) : Boolean(options);
    const key = `${type}`;
    const listener = this.#listeners?.get(key)?.find((one) => one.callback === callback && one.capture === capture);
    if (listener) this.#remove(key, listener);
  }

  dispatchEvent(event) {
    required(arguments.length, 1, 'EventTarget.dispatchEvent');
    if (!(event instanceof Event)) throw new TypeError('EventTarget.dispatchEvent: the argument is not an Event');
    const state = stateOf(event);
    if (state.dispatching || !state.initialized) {
      throw new DOMException('The event is being dispatched already', 'InvalidStateError');
    }
    state.trusted = false;
    return this.#dispatch(event, state);
  }

  #remove(key, listener) {
    listener.removed = true;
    const list = this.#listeners.get(key).filter((one) => one !== listener);
    if (list.length) this.#listeners.set(key, list);
    else this.#listeners.delete(key);
  }

  #dispatch(event, state) {
    state.dispatching = true;
    state.target = this;
    state.currentTarget = this;
    state.phase = Event.AT_TARGET;
    if (!state.stopped) {
      const list = this.#listeners?.get(state.type) ?? [];
      this.#call(event, state, list.filter((listener) => listener.capture));
      if (!state.stopped) this.#call(event, state, list.filter((listener) => !listener.capture));
    }
    state.phase = Event.NONE;
    state.currentTarget = null;
    state.dispatching = false;
    state.stopped = false;
    state.stoppedAtOnce = false;
    return !state.canceled;
  }

  #call(event, state, list) {
    for (const listener of list) {
      if (listener.removed) continue;
      if (state.stoppedAtOnce) return;
      if (listener.once) this.#remove(state.type, listener);
      state.passive = listener.passive;
      try {
        if (typeof listener.callback === 'function') listener.callback.call(this, event);
        else handleEvent(listener.callback, event);
      } catch (error) {
        globalThis.reportError(error);
      }
      state.passive = false;
    }
  }

  /** Dispatches an event of the platform's own. */
  static dispatch(target, event) {
    const state = stateOf(event);
    state.trusted = true;
    return target.#dispatch(event, state);
  }
}

function handleEvent(object, event) {
  const method = object.handleEvent;
  if (typeof method !== 'function') throw new TypeError('The listener has no method handleEvent');
  method.call(object, event);
}

function checkCallback(callback, where) {
  if (callback === null || callback === undefined) return;
  if (typeof callback !== 'function' && typeof callback !== 'object') {
    throw new TypeError(`EventTarget.${where}: the listener is neither a function nor an object`);
  }
}

function flags(options) {
  if ((typeof options !== 'object' && typeof options !== 'function') || options === null) {
    return { capture: Boolean(options), once: false, passive: false };
  }
  const { capture, once, passive, signal } = options;
  if (signal !== undefined && !isSignal(signal)) {
    throw new TypeError('EventTarget.addEventListener: the option signal is not an AbortSignal');
  }
  return { capture: Boolean(capture), once: Boolean(once), passive: Boolean(passive), signal };
}

/** Set by the module of signals, which needs this one first. */
let onAbort;
let isSignal;

export function useSignals(signals) {
  ({ onAbort, isSignal } = signals);
}

/** Dispatches an event that `isTrusted`. */
export const { dispatch } = EventTarget;
delete EventTarget.dispatch;

/** Whether anybody listens for events of a type. */
export const isHeard = (target, type) => listenersOf(target)?.has(type) === true;

/** Adds an event handler: a property `on…` that holds one listener. */
export function handlerProperty(Class, type) {
  const handlers = new WeakMap();
  const name = `on${type}`;
  const members = {
    get [name]() {
      listenersOf(this);
      return handlers.get(this)?.current ?? null;
    },
    set [name](value) {
      listenersOf(this);
      const current = typeof value === 'function' || (typeof value === 'object' && value !== null) ? value : null;
      setHandler(handlers, this, type, current);
    },
  };
  Object.defineProperty(Class.prototype, name, Object.getOwnPropertyDescriptor(members, name));
}

/** The listener keeps its place among others when the handler is changed, and loses it when it is taken away. */
function setHandler(handlers, target, type, current) {
  const held = handlers.get(target);
  if (held) {
    if (current === null) target.removeEventListener(type, held.listener);
    else if (held.current === null) target.addEventListener(type, held.listener);
    held.current = current;
    return;
  }
  if (current === null) return;
  const made = { current, listener: undefined };
  made.listener = function listener(event) {
    if (typeof made.current === 'function' && made.current.call(this, event) === false) event.preventDefault();
  };
  handlers.set(target, made);
  target.addEventListener(type, made.listener);
}

expose({ EventTarget });
