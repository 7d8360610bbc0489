/** Runs the program and answers one request with what it exports. */
export async function dispatch(program, method, url, headers, settle) {
  try {
    const handler = await handlerOf(program);
    const response = await handler({ method, url, headers });
    settle({ status: response.status ?? 200, headers: response.headers ?? [], body: String(response.body ?? '') });
  } catch (error) {
    settle({ status: 500, headers: ['content-type', 'application/json'], body: JSON.stringify({ error: error.message }) });
  }
}

async function handlerOf(program) {
  if (typeof program === 'function') {
    const module = { exports: {} };
    program(module.exports, module);
    return module.exports;
  }
  const [namespace, evaluated] = program;
  await evaluated;
  return namespace.default;
}
