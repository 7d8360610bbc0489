// `node:assert`.
import { inspect } from '../console/inspect.js';
import { AssertionError } from './assertion_error.js';
import { isDeepEqual } from './equality.js';
import { isRegExp } from './types.js';

export { AssertionError };

const shown = (value) => inspect(value, { depth: 4 });

/** Throws, with the message that the caller gave, if any. */
function refuse(message, usual, about) {
  if (message instanceof Error) throw message;
  throw new AssertionError({ ...about, message: message ?? usual, isGenerated: message === undefined });
}

const comparison = (operator, holds, says) =>
  function (actual, expected, message) {
    if (holds(actual, expected)) return;
    refuse(message, `Expected values to be ${says}:\n\n${shown(actual)} !== ${shown(expected)}`, { actual, expected, operator });
  };

// eslint-disable-next-line eqeqeq
const isLooselyEqual = (a, b) => a == b || (Number.isNaN(a) && Number.isNaN(b));
const isDeeply = (isStrict) => (a, b) => isDeepEqual(a, b, isStrict);
const not = (holds) => (a, b) => !holds(a, b);

export function ok(value, message) {
  if (!value) refuse(message, `The expression evaluated to a falsy value: ${shown(value)}`, { actual: value, expected: true, operator: '==' });
}

export const equal = comparison('==', isLooselyEqual, 'loosely equal');
export const notEqual = comparison('!=', not(isLooselyEqual), 'loosely unequal');
export const strictEqual = comparison('strictEqual', Object.is, 'strictly equal');
export const notStrictEqual = comparison('notStrictEqual', not(Object.is), 'strictly unequal');
export const deepEqual = comparison('deepEqual', isDeeply(false), 'loosely deep-equal');
export const notDeepEqual = comparison('notDeepEqual', not(isDeeply(false)), 'loosely deep-unequal');
export const deepStrictEqual = comparison('deepStrictEqual', isDeeply(true), 'strictly deep-equal');
export const notDeepStrictEqual = comparison('notDeepStrictEqual', not(isDeeply(true)), 'strictly deep-unequal');

export const match = comparison('match', (text, pattern) => typeof text === 'string' && pattern.test(text), 'a match');
export const doesNotMatch = comparison('doesNotMatch', (text, pattern) => !pattern.test(text), 'no match');

export function fail(message = 'Failed') {
  refuse(message, undefined, { operator: 'fail' });
}

export function ifError(value) {
  if (value === null || value === undefined) return;
  const message = `ifError got unwanted exception: ${value?.message ?? shown(value)}`;
  refuse(message, undefined, { actual: value, expected: null, operator: 'ifError' });
}

/** Whether what was thrown is what was expected: a class, a pattern, a function that judges, or an object of properties. */
function isExpected(thrown, expected) {
  if (isRegExp(expected)) return expected.test(String(thrown));
  if (typeof expected === 'function') {
    if (expected.prototype !== undefined && thrown instanceof expected) return true;
    return !Error.isPrototypeOf(expected) && expected !== Error && expected.call({}, thrown) === true;
  }
  const keys = expected instanceof Error ? ['name', 'message', ...Object.keys(expected)] : Object.keys(expected);
  return keys.every((key) => {
    if (isRegExp(expected[key]) && typeof thrown?.[key] === 'string') return expected[key].test(thrown[key]);
    return isDeepEqual(thrown?.[key], expected[key], true);
  });
}

function judge(outcome, expected, message, operator) {
  const [wanted, text] = typeof expected === 'string' ? [undefined, expected] : [expected, message];
  if (outcome === undefined) {
    const kind = operator === 'rejects' ? 'rejection' : 'exception';
    refuse(text, `Missing expected ${kind}.`, { expected: wanted, operator });
  } else if (wanted !== undefined && !isExpected(outcome.thrown, wanted)) {
    if (text === undefined && typeof wanted === 'function' && outcome.thrown instanceof Error) throw outcome.thrown;
    refuse(text, `The error is not the expected one: ${shown(outcome.thrown)}`, { actual: outcome.thrown, expected: wanted, operator });
  }
}

function outcomeOf(work) {
  try {
    work();
    return undefined;
  } catch (thrown) {
    return { thrown };
  }
}

async function outcomeOfPromise(work) {
  try {
    await (typeof work === 'function' ? work() : work);
    return undefined;
  } catch (thrown) {
    return { thrown };
  }
}

const unwanted = (outcome, message, operator) => {
  if (outcome === undefined) return;
  const text = `Got unwanted ${operator === 'doesNotReject' ? 'rejection' : 'exception'}.\nActual message: "${outcome.thrown?.message}"`;
  refuse(message, text, { actual: outcome.thrown, operator });
};

export function throws(work, expected, message) {
  judge(outcomeOf(work), expected, message, 'throws');
}

export function doesNotThrow(work, message) {
  unwanted(outcomeOf(work), message, 'doesNotThrow');
}

export async function rejects(work, expected, message) {
  judge(await outcomeOfPromise(work), expected, message, 'rejects');
}

export async function doesNotReject(work, message) {
  unwanted(await outcomeOfPromise(work), message, 'doesNotReject');
}

const functions = {
  AssertionError, ok, equal, notEqual, strictEqual, notStrictEqual, deepEqual, notDeepEqual, deepStrictEqual, notDeepStrictEqual,
  match, doesNotMatch, fail, ifError, throws, doesNotThrow, rejects, doesNotReject,
};

function assert(value, message) {
  ok(value, message);
}

/** The same functions, of which those with short names are strict. */
export const strict = Object.assign((value, message) => ok(value, message), functions, {
  equal: strictEqual,
  notEqual: notStrictEqual,
  deepEqual: deepStrictEqual,
  notDeepEqual: notDeepStrictEqual,
});
strict.strict = strict;

export default Object.assign(assert, functions, { strict });
