// Deep equality, strict: prototypes and types count.
const isObject = (value) => typeof value === 'object' && value !== null;

/** Whether two values are the same, down to their parts. */
export function isDeepStrictEqual(left, right) {
  return equal(left, right, new Map());
}

function equal(left, right, seen) {
  if (Object.is(left, right)) return true;
  if (!isObject(left) || !isObject(right)) return false;
  if (Object.getPrototypeOf(left) !== Object.getPrototypeOf(right)) return false;
  if (seen.get(left) === right) return true;
  seen.set(left, right);
  return sameKind(left, right, seen) && sameProperties(left, right, seen);
}

function sameKind(left, right, seen) {
  if (left instanceof Date) return Object.is(left.getTime(), right.getTime());
  if (left instanceof RegExp) return String(left) === String(right) && left.lastIndex === right.lastIndex;
  if (left instanceof Error) return left.name === right.name && left.message === right.message;
  if (left instanceof Map) return sameMap(left, right, seen);
  if (left instanceof Set) return sameSet(left, right, seen);
  if (left instanceof ArrayBuffer) return equal(new Uint8Array(left), new Uint8Array(right), seen);
  if (left instanceof Number || left instanceof String || left instanceof Boolean) return Object.is(left.valueOf(), right.valueOf());
  return !Array.isArray(left) || left.length === right.length;
}

function sameMap(left, right, seen) {
  if (left.size !== right.size) return false;
  const rest = [...right];
  return [...left].every(([key, value]) => {
    const at = rest.findIndex((entry) => equal(key, entry[0], seen) && equal(value, entry[1], seen));
    return at >= 0 && rest.splice(at, 1);
  });
}

function sameSet(left, right, seen) {
  if (left.size !== right.size) return false;
  const rest = [...right];
  return [...left].every((value) => {
    const at = rest.findIndex((other) => equal(value, other, seen));
    return at >= 0 && rest.splice(at, 1);
  });
}

function sameProperties(left, right, seen) {
  const enumerable = (object) =>
    Reflect.ownKeys(object).filter((key) => Object.prototype.propertyIsEnumerable.call(object, key));
  const [keys, others] = [enumerable(left), enumerable(right)];
  return (
    keys.length === others.length &&
    keys.every((key) => Object.prototype.propertyIsEnumerable.call(right, key) && equal(left[key], right[key], seen))
  );
}
