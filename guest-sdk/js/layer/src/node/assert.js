import { inspect } from '../console/inspect.js';
import { isDeepStrictEqual } from './util/equal.js';

/** What a failed assertion throws. */
export class AssertionError extends Error {
  constructor({ message, actual, expected, operator }) {
    super(message ?? `${inspect(actual)} ${operator} ${inspect(expected)}`);
    this.generatedMessage = message === undefined;
    this.code = 'ERR_ASSERTION';
    this.actual = actual;
    this.expected = expected;
    this.operator = operator;
  }

  get name() {
    return 'AssertionError';
  }
}

function check(holds, message, actual, expected, operator) {
  if (holds) return;
  if (message instanceof Error) throw message;
  throw new AssertionError({ message, actual, expected, operator });
}

export function ok(value, message = 'The expression evaluated to a falsy value') {
  check(value, message, value, true, '==');
}

export function fail(message = 'Failed') {
  check(false, message, undefined, undefined, 'fail');
}

const loosely = (actual, expected) => actual == expected || (Number.isNaN(actual) && Number.isNaN(expected));

export const equal = (actual, expected, message) => check(loosely(actual, expected), message, actual, expected, '==');
export const notEqual = (actual, expected, message) => check(!loosely(actual, expected), message, actual, expected, '!=');
export const strictEqual = (actual, expected, message) =>
  check(Object.is(actual, expected), message, actual, expected, '===');
export const notStrictEqual = (actual, expected, message) =>
  check(!Object.is(actual, expected), message, actual, expected, '!==');
export const deepStrictEqual = (actual, expected, message) =>
  check(isDeepStrictEqual(actual, expected), message, actual, expected, 'deepStrictEqual');
export const notDeepStrictEqual = (actual, expected, message) =>
  check(!isDeepStrictEqual(actual, expected), message, actual, expected, 'notDeepStrictEqual');
export const match = (text, pattern, message) => check(pattern.test(text), message, text, pattern, 'match');
export const doesNotMatch = (text, pattern, message) =>
  check(!pattern.test(text), message, text, pattern, 'doesNotMatch');
/** Strict, as is everything that compares deeply here. */
export const deepEqual = deepStrictEqual;
export const notDeepEqual = notDeepStrictEqual;

function isExpected(error, expected) {
  if (expected === undefined) return true;
  if (expected instanceof RegExp) return expected.test(String(error));
  if (typeof expected !== 'function') {
    return Object.entries(expected).every(([name, value]) =>
      value instanceof RegExp ? value.test(error[name]) : isDeepStrictEqual(error[name], value));
  }
  if (expected.prototype !== undefined && error instanceof expected) return true;
  return !Error.isPrototypeOf(expected) && expected(error) === true;
}

function judge(thrown, expected, message, operator) {
  if (typeof expected === 'string') [expected, message] = [undefined, expected];
  check(thrown !== undefined, message ?? 'Missing expected exception', undefined, expected, operator);
  if (!isExpected(thrown.error, expected)) throw thrown.error;
}

export function throws(action, expected, message) {
  let thrown;
  try {
    action();
  } catch (error) {
    thrown = { error };
  }
  judge(thrown, expected, message, 'throws');
}

export async function rejects(action, expected, message) {
  let thrown;
  try {
    await (typeof action === 'function' ? action() : action);
  } catch (error) {
    thrown = { error };
  }
  judge(thrown, expected, message, 'rejects');
}

export const doesNotThrow = (action) => void action();
export const doesNotReject = async (action) => void (await (typeof action === 'function' ? action() : action));

export function ifError(value) {
  if (value !== null && value !== undefined) throw value;
}

const common = {
  AssertionError, ok, fail, strictEqual, notStrictEqual, deepStrictEqual, notDeepStrictEqual, match, doesNotMatch,
  throws, rejects, doesNotThrow, doesNotReject, ifError,
};
const own = (loose) => Object.assign((value, message) => ok(value, message), common, loose);

/** Everything strict. */
export const strict = own({ equal: strictEqual, notEqual: notStrictEqual, deepEqual, notDeepEqual });
strict.strict = strict;
Object.assign(ok, common, { equal, notEqual, deepEqual, notDeepEqual, strict });
