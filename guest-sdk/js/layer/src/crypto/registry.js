// Which algorithms do what: `operation → NAME → { name, parameters, run }`.
import { refusal } from './errors.js';

const registry = new Map();

/**
 * Adds an algorithm. Each operation has its parameters, a list of `[member, conversion, required]`, and what it does.
 * @param {string} name
 * @param {Record<string, { parameters?: Array, run: Function }>} operations
 */
export function register(name, operations) {
  for (const [operation, { parameters = [], run }] of Object.entries(operations)) {
    if (!registry.has(operation)) registry.set(operation, new Map());
    registry.get(operation).set(name.toUpperCase(), { name, parameters, run });
  }
}

/** Whether an operation is known for what an identifier names. */
export const offers = (operation, name) => registry.get(operation)?.has(name.toUpperCase()) ?? false;

function nameOf(identifier) {
  if (identifier === null || (typeof identifier !== 'object' && typeof identifier !== 'function')) return `${identifier}`;
  const { name } = identifier;
  if (name === undefined) throw new TypeError('an algorithm has a name');
  return `${name}`;
}

/**
 * Normalises an algorithm: its registered name, its converted parameters, and `run`.
 * @returns {{ name: string, parameters: object, run: Function }}
 */
export function normalize(operation, identifier) {
  const wanted = nameOf(identifier);
  const known = registry.get(operation)?.get(wanted.toUpperCase());
  if (known === undefined) throw refusal('NotSupportedError', `${wanted} has no operation ${operation}`);
  const parameters = { name: known.name };
  const given = typeof identifier === 'string' ? {} : identifier;
  for (const [member, convert, required] of known.parameters) {
    const value = given[member];
    if (value !== undefined) parameters[member] = convert(value, member);
    else if (required) throw new TypeError(`${known.name} needs the parameter ${member}`);
  }
  return { name: known.name, parameters, run: known.run };
}

/** Conversion of a parameter that names a hash function. */
export const hash = (identifier) => ({ name: normalize('digest', identifier).name });

/** The operation `operation` of an algorithm whose name is registered already. */
export function operationOf(operation, name) {
  const known = registry.get(operation)?.get(name.toUpperCase());
  if (known === undefined) throw refusal('NotSupportedError', `${name} has no operation ${operation}`);
  return known.run;
}
