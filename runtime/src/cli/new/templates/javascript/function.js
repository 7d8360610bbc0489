/** Greets: `?name=you` in the query, or the world. */
export default (request) => {
  const name = new URL(request.url).searchParams.get('name') ?? 'world';
  return Response.json({ message: `Hello, ${name}!` });
};
