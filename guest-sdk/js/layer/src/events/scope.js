// The global scope as an event target, and its own names.
import { define } from '../global.js';
import { EventTarget } from './target.js';

/** Who listens to events of the global scope. */
export const scope = new EventTarget();

for (const name of ['addEventListener', 'removeEventListener', 'dispatchEvent']) {
  define(name, EventTarget.prototype[name].bind(scope));
}
define('self', globalThis);
