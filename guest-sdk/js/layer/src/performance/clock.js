// Time since an instance first asked for it.
import { native } from '../native.js';

/** What the clock that never goes back showed at first, in milliseconds; the engine has none in its memory. */
let start;
let origin;

function begin() {
  if (start === undefined) {
    start = native.performance.monotonic();
    origin = Date.now();
  }
}

/** Milliseconds since `timeOrigin`. */
export function now() {
  begin();
  return native.performance.monotonic() - start;
}

/** When that was, in milliseconds since 1970. */
export function timeOrigin() {
  begin();
  return origin;
}
