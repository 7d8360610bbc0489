// The areas, in the order in which they need each other.
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
import './console/index.js';
import './services/index.js';
import { dispatch } from './dispatch/index.js';

/** What the engine calls. */
export const hooks = {
  dispatch,
  makeError(name, message) {
    const Kind = globalThis[name] ?? Error;
    return new Kind(message);
  },
};
