// The areas, in the order in which they need each other.
import './console/index.js';
import './node/index.js';
import './services/index.js';
import './insforge/index.js';
import { dispatch } from './dispatch/index.js';

/** What the engine calls. */
export const hooks = {
  dispatch,
  makeError(name, message) {
    const Kind = globalThis[name] ?? Error;
    return new Kind(message);
  },
};
