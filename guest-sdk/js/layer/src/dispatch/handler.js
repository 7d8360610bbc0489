// The function that a program exports, in any of the forms that are known.

const NONE = 'No function exported. Expected: module.exports = async function(req) { ... }';

/**
 * Runs what runs of a program without waiting.
 * @param {Function | [object, Promise<unknown> | undefined]} program a script's function, or a module's namespace beside the
 *   promise of its evaluation, if that waits for something
 */
export function evaluate(program) {
  if (typeof program !== 'function') {
    const [namespace, evaluated] = program;
    return { exported: () => ofModule(namespace), evaluated };
  }
  const module = { exports: {} };
  program.call(undefined, module.exports, module);
  return { exported: () => ofScript(module.exports), evaluated: undefined };
}

/** The handler as something that can be called with a request and a context. An `Error` if there is none. */
export function handlerOf(program) {
  const handler = program.exported();
  if (handler === undefined) throw new Error(NONE);
  return handler;
}

const ofModule = (namespace) => callable(namespace.default);

function ofScript(exported) {
  return callable(exported) ?? callable(exported?.default);
}

/** A function, or an object whose `fetch` is one. */
function callable(value) {
  if (typeof value === 'function') return value;
  if (typeof value === 'object' && value !== null && typeof value.fetch === 'function') {
    return (request, context) => value.fetch(request, context);
  }
  return undefined;
}
