// What runs in the worker of one request: evaluates the function's text, calls it, and sends what it answers as text.
self.onmessage = async ({ data: { code, request } }) => {
  try {
    const module = { exports: {} };
    new Function('exports', 'module', code)(module.exports, module);
    const { url, method, headers, body } = request;
    const response = await module.exports(new Request(url, { method, headers, body }));
    const answer = { status: response.status, headers: [...response.headers], body: await response.text() };
    self.postMessage(answer);
  } catch (error) {
    const headers = [['content-type', 'application/json']];
    self.postMessage({ status: error.status ?? 500, headers, body: JSON.stringify({ error: error.message }) });
  }
};
