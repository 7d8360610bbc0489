// The areas, in the order in which they need each other.
import './errors/index.js';
import './events/index.js';
import './streams/index.js';
import './encoding/index.js';
import './url/index.js';
import './blob/index.js';
import './forms/index.js';
import './compression/index.js';
import './clone/index.js';
import './performance/index.js';
import './messages/index.js';
import './navigator/index.js';
import './heap/hot-begins.js';
import './console/index.js';
import './random/index.js';
import './timers/index.js';
import './fetch/index.js';
import { dispatch } from './dispatch/index.js';
import { fail, stalled, uncaught, unhandled } from './dispatch/failure.js';
import { evaluate } from './dispatch/handler.js';
import './heap/hot-ends.js';
import './base64/index.js';
import './env/index.js';
import './crypto/index.js';
import './node/index.js';
import './services/index.js';
import './insforge/index.js';
import { timer } from './timers/index.js';

/** What the engine calls. */
export const hooks = {
  evaluate,
  dispatch,
  fail,
  stalled,
  uncaught,
  unhandled,
  timer,
  makeError(name, message) {
    const Kind = globalThis[name];
    if (typeof Kind === 'function') return new Kind(message);
    return new DOMException(message, name);
  },
};
