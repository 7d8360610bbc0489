/**
 * Greets. The name is in the JSON body, `{"name":"you"}`, or in the query, `?name=you`, or it is the world.
 */
module.exports = async function (request) {
  const name = new URL(request.url).searchParams.get('name') ?? (await posted(request)) ?? 'world';
  return Response.json({ message: `Hello, ${name}!` });
};

async function posted(request) {
  if (request.method !== 'POST') return undefined;
  try {
    return (await request.json()).name;
  } catch (cause) {
    // A status makes an error the caller's fault; without one it would be a 500.
    throw Object.assign(new Error(`invalid JSON: ${cause.message}`), { status: 400 });
  }
}
