// Timers.
import { define } from '../global.js';
import { native } from '../native.js';

/** Nested deeper than this, a timer waits at least `NESTED_DELAY`, as HTML has it. */
const MAX_NESTING = 5;
const NESTED_DELAY = 4;
const MAX_DELAY = 2 ** 31 - 1;

/** What is to be called, by the timer's number. */
const timers = new Map();
let last = 0;
let nesting = 0;

function start(callback, delay, args, repeats) {
  if (typeof callback !== 'function') {
    throw new TypeError('The callback of a timer must be a function');
  }
  const number = ++last;
  let wait = Number(delay);
  if (!(wait > 0) || wait > MAX_DELAY) wait = 0;
  if (nesting >= MAX_NESTING && wait < NESTED_DELAY) wait = NESTED_DELAY;
  timers.set(number, { callback, args, wait, repeats, nesting: nesting + 1 });
  native.timers.start(number, wait);
  return number;
}

function stop(number) {
  if (timers.delete(Number(number))) native.timers.clear(Number(number));
}

/** Called by the engine when a timer is due. What it throws is the engine's to report. */
export function timer(number) {
  const due = timers.get(number);
  if (!due) return;
  if (due.repeats) {
    if (due.nesting >= MAX_NESTING && due.wait < NESTED_DELAY) due.wait = NESTED_DELAY;
    due.nesting += 1;
    native.timers.start(number, due.wait);
  } else {
    timers.delete(number);
  }
  nesting = due.nesting;
  try {
    due.callback.apply(undefined, due.args);
  } finally {
    nesting = 0;
  }
}

define('setTimeout', function setTimeout(callback, delay = 0, ...args) {
  return start(callback, delay, args, false);
});
define('setInterval', function setInterval(callback, delay = 0, ...args) {
  return start(callback, delay, args, true);
});
define('clearTimeout', function clearTimeout(number) {
  stop(number);
});
define('clearInterval', function clearInterval(number) {
  stop(number);
});
