// What a clone takes away from its original.
import { dataCloneError, describe } from './errors.js';

/** By class: moves an object and answers with what takes its place; throws if it cannot be moved. */
const movers = new Map();

/** Lets instances of a class be transferred. `check` throws the reason not to. */
export function transferable(Class, check, move) {
  movers.set(Class, { check, move });
}

transferable(
  ArrayBuffer,
  (buffer) => {
    if (buffer.detached) throw dataCloneError('An ArrayBuffer that is detached');
  },
  (buffer) => buffer.transfer(),
);

function moverOf(object) {
  for (const [Class, mover] of movers) if (object instanceof Class) return mover;
  throw dataCloneError(`${describe(object)} cannot be transferred: it`);
}

/** The movers of what is to be transferred, by object. */
export function moversOf(list) {
  const found = new Map();
  for (const object of list) {
    if ((typeof object !== 'object' && typeof object !== 'function') || object === null) {
      throw new TypeError('structuredClone: what is to be transferred is no object');
    }
    const mover = moverOf(object);
    if (found.has(object)) throw dataCloneError('What is to be transferred twice');
    found.set(object, mover);
  }
  return found;
}

/** Moves everything; the answers, by original. */
export function move(found) {
  for (const [object, mover] of found) mover.check(object);
  const moved = new Map();
  for (const [object, mover] of found) moved.set(object, mover.move(object));
  return moved;
}
