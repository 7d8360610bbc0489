// Calls a program's handler with the request of the instance, and answers with what becomes of it.
import { arrived } from '../fetch/request.js';
import { isResponse } from '../fetch/response.js';
import { Context } from './context.js';
import { fail } from './failure.js';
import { handlerOf } from './handler.js';
import { convert, respond } from './respond.js';

/** @param {ReturnType<typeof import('./handler.js').evaluate>} program */
export function dispatch(program) {
  if (program.evaluated === undefined) call(program);
  else program.evaluated.then(() => call(program), fail);
}

function call(program) {
  try {
    const result = handlerOf(program)(arrived(), new Context());
    if (typeof result?.then === 'function') Promise.resolve(result).then(answer, fail);
    else answer(result);
  } catch (error) {
    fail(error);
  }
}

/** Sends what the handler returned: a response, or something that looks like one. */
function answer(result) {
  try {
    if (isResponse(result)) respond(result);
    else convert(result).then(respond).catch(fail);
  } catch (error) {
    fail(error);
  }
}
