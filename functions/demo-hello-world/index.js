/**
 * Greets, in the form that InsForge stores functions in.
 *
 * | request | answer |
 * |---|---|
 * | `GET ?name=you` | `{"message":"Hello, you!", …}` |
 * | `POST` of `{"name":"you"}` | the same |
 * | `OPTIONS` | `204`, with what a browser wants to know |
 *
 * Without a name it is the world. The secret `HELLO_PREFIX` replaces the word `Hello`.
 */
const headers = {
  'Access-Control-Allow-Origin': '*',
  'Access-Control-Allow-Methods': 'GET, POST, OPTIONS',
  'Access-Control-Allow-Headers': 'Content-Type, Authorization',
};

module.exports = async function (req) {
  if (req.method === 'OPTIONS') return new Response(null, { status: 204, headers });

  const prefix = Deno.env.get('HELLO_PREFIX') ?? 'Hello';
  const name = (await nameOf(req)) || 'World';
  const greeting = { message: `${prefix}, ${name}!`, method: req.method, timestamp: new Date().toISOString() };
  return new Response(JSON.stringify(greeting), { headers: { ...headers, 'Content-Type': 'application/json' } });
};

/** The body's name counts before the query's; a body that is no JSON has none. */
async function nameOf(req) {
  const asked = new URL(req.url).searchParams.get('name');
  if (req.method !== 'POST') return asked;
  const body = await req.json().catch(() => ({}));
  return body?.name ?? asked;
}
