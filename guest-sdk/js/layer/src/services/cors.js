export const cors = Object.freeze({
  preflight(request) {
    return request.method === 'OPTIONS' ? new Response(null, { status: 204 }) : undefined;
  },

  /** A response whose headers cannot be changed, such as a fetched one, is passed on in another. */
  allow(response, methods) {
    const allowed = new Response(response.body, response);
    allowed.headers.set('access-control-allow-origin', '*');
    allowed.headers.set('access-control-allow-methods', methods);
    allowed.headers.set('access-control-allow-headers', 'Content-Type, Authorization');
    return allowed;
  },
});
