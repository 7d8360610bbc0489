/**
 * Tells users who they are, as InsForge knows them: `{"user":{"id":…,"email":…, …}}`. Without a token, and with one that is not valid, it
 * is a `401`.
 */
const headers = {
  'Access-Control-Allow-Origin': '*',
  'Access-Control-Allow-Methods': 'GET, POST, OPTIONS',
  'Access-Control-Allow-Headers': 'Content-Type, Authorization',
};

module.exports = async function (req) {
  if (req.method === 'OPTIONS') return new Response(null, { status: 204, headers });

  const token = req.headers.get('Authorization')?.replace(/^Bearer /, '');
  if (!token) return answer(401, { error: 'Unauthorized' });

  // What the client does, it does as the caller.
  const client = createClient({
    baseUrl: Deno.env.get('INSFORGE_INTERNAL_URL') ?? Deno.env.get('INSFORGE_BASE_URL'),
    edgeFunctionToken: token,
  });
  const { data, error } = await client.auth.getCurrentUser();
  if (error) return answer(error.statusCode ?? 502, { error: error.message });
  if (!data?.user) return answer(401, { error: 'Unauthorized' });
  return answer(200, { user: data.user });
};

function answer(status, body) {
  return new Response(JSON.stringify(body), { status, headers: { ...headers, 'Content-Type': 'application/json' } });
}
