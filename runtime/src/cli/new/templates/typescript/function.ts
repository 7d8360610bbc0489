import type { Handler } from 'wasmforge';

/** Greets: `?name=you` in the query, or the world. */
const handler: Handler = (request) => {
  const name = new URL(request.url).searchParams.get('name') ?? 'world';
  return Response.json({ message: `Hello, ${name}!` });
};

export default handler;
