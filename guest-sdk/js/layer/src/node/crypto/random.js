import { native } from '../../native.js';
import { later, output } from './buffers.js';

/** Numbers that `randomInt` chooses among at most. */
const MOST = 2 ** 48;

export function randomBytes(size, callback) {
  if (!Number.isInteger(size) || size < 0) throw new RangeError('The value of "size" is out of range');
  if (callback === undefined) return output(native.crypto.random(size));
  return later(callback, () => output(native.crypto.random(size)));
}

export function randomFillSync(target, offset = 0, size = target.byteLength - offset) {
  const bytes = ArrayBuffer.isView(target)
    ? new Uint8Array(target.buffer, target.byteOffset, target.byteLength)
    : new Uint8Array(target);
  if (offset + size > bytes.length) throw new RangeError('The value of "size + offset" is out of range');
  native.crypto.fill(bytes.subarray(offset, offset + size));
  return target;
}

export function randomFill(target, ...rest) {
  const callback = rest.pop();
  later(callback, () => randomFillSync(target, ...rest));
}

export const randomUUID = () => native.crypto.uuid();

/** An integer from `min` up to `max`, which it never is, each as likely as the others. */
export function randomInt(...values) {
  const callback = typeof values.at(-1) === 'function' ? values.pop() : undefined;
  const [min, max] = values.length > 1 ? values : [0, values[0]];
  if (!Number.isSafeInteger(min) || !Number.isSafeInteger(max)) throw new TypeError('randomInt needs safe integers');
  const range = max - min;
  if (range <= 0 || range >= MOST) throw new RangeError('The range of randomInt must be from 1 to 2 ** 48 - 1');
  if (callback === undefined) return min + below(range);
  return later(callback, () => min + below(range));
}

/** What is above the largest multiple of the range would make small numbers likelier: it is drawn again. */
function below(range) {
  const limit = MOST - (MOST % range);
  for (;;) {
    const view = new DataView(native.crypto.random(6));
    const number = view.getUint16(0) * 2 ** 32 + view.getUint32(2);
    if (number < limit) return number % range;
  }
}
