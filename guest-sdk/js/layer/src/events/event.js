// `Event` and the events that say more, after the DOM standard.
import { constants, dictionary, expose, required } from '../idl/index.js';
import { now } from '../performance/clock.js';

/** What dispatching keeps of an event, and nobody else may touch. */
let stateOf;

const isTrusted = Object.getOwnPropertyDescriptor(
  {
    get isTrusted() {
      return stateOf(this).trusted;
    },
  },
  'isTrusted',
);
isTrusted.configurable = false;

export class Event {
  #state;

  static {
    stateOf = (event) => event.#state;
  }

  constructor(type, options = undefined) {
    required(arguments.length, 1, 'Event');
    const { bubbles, cancelable, composed } = dictionary(options, 'Event');
    this.#state = {
      type: `${type}`,
      bubbles: Boolean(bubbles),
      cancelable: Boolean(cancelable),
      composed: Boolean(composed),
      time: now(),
      phase: Event.NONE,
      target: null,
      currentTarget: null,
      canceled: false,
      passive: false,
      stopped: false,
      stoppedAtOnce: false,
      dispatching: false,
      initialized: true,
      trusted: false,
    };
    Object.defineProperty(this, 'isTrusted', isTrusted);
  }

  get type() {
    return this.#state.type;
  }

  get target() {
    return this.#state.target;
  }

  get srcElement() {
    return this.#state.target;
  }

  get currentTarget() {
    return this.#state.currentTarget;
  }

  composedPath() {
    const { currentTarget } = this.#state;
    return currentTarget === null ? [] : [currentTarget];
  }

  get eventPhase() {
    return this.#state.phase;
  }

  stopPropagation() {
    this.#state.stopped = true;
  }

  get cancelBubble() {
    return this.#state.stopped;
  }

  set cancelBubble(value) {
    if (value) this.#state.stopped = true;
  }

  stopImmediatePropagation() {
    this.#state.stopped = true;
    this.#state.stoppedAtOnce = true;
  }

  get bubbles() {
    return this.#state.bubbles;
  }

  get cancelable() {
    return this.#state.cancelable;
  }

  get returnValue() {
    return !this.#state.canceled;
  }

  set returnValue(value) {
    if (!value) this.preventDefault();
  }

  preventDefault() {
    if (this.#state.cancelable && !this.#state.passive) this.#state.canceled = true;
  }

  get defaultPrevented() {
    return this.#state.canceled;
  }

  get composed() {
    return this.#state.composed;
  }

  get timeStamp() {
    return this.#state.time;
  }

  initEvent(type, bubbles = false, cancelable = false) {
    required(arguments.length, 1, 'Event.initEvent');
    if (this.#state.dispatching) return;
    Object.assign(this.#state, {
      type: `${type}`,
      bubbles: Boolean(bubbles),
      cancelable: Boolean(cancelable),
      canceled: false,
      stopped: false,
      stoppedAtOnce: false,
      trusted: false,
      target: null,
    });
  }
}

constants(Event, { NONE: 0, CAPTURING_PHASE: 1, AT_TARGET: 2, BUBBLING_PHASE: 3 });
expose({ Event });

/** An event that the platform itself dispatches. */
export function trusted(event) {
  stateOf(event).trusted = true;
  return event;
}

export { stateOf };
