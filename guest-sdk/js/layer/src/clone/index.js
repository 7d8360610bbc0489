// `structuredClone`, after the HTML standard.
import { define } from '../global.js';
import { dictionary, required } from '../idl/index.js';
import { revive } from './revive.js';
import { Record } from './record.js';
import { move, moversOf } from './transfer.js';

/** A copy of a value, with what is to be transferred moved into it; and what was moved, in its order. */
export function cloned(value, transfer) {
  const movers = moversOf(transfer);
  // Everything is read before anything is moved: a getter may throw, or look at what is to be moved.
  const record = new Record(movers).of(value);
  const moved = move(movers);
  return { copy: revive(record, moved), moved: [...moved.values()] };
}

define('structuredClone', function structuredClone(value, options = undefined) {
  required(arguments.length, 1, 'structuredClone');
  return cloned(value, [...(dictionary(options, 'structuredClone').transfer ?? [])]).copy;
});
