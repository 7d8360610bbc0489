/**
 * Sends the request's body back, with its content type. Chunks leave as they arrive: a body of any size passes through.
 */
export default (request) => {
  const type = request.headers.get('content-type');
  return new Response(request.body, { headers: type ? { 'content-type': type } : {} });
};
