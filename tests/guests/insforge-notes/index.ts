// Notes, written as InsForge's guides write functions: nothing of this project is in it.
import { createClient } from 'npm:@insforge/sdk';

interface Note {
  id: number;
  text: string;
}

const corsHeaders = {
  'Access-Control-Allow-Origin': '*',
  'Access-Control-Allow-Methods': 'GET, POST, DELETE, OPTIONS',
  'Access-Control-Allow-Headers': 'Content-Type, Authorization',
};

export default async function (req: Request): Promise<Response> {
  if (req.method === 'OPTIONS') {
    return new Response(null, { status: 204, headers: corsHeaders });
  }

  const authHeader = req.headers.get('Authorization');
  const userToken = authHeader ? authHeader.replace('Bearer ', '') : null;

  const client = createClient({
    baseUrl: Deno.env.get('INSFORGE_BASE_URL'),
    anonKey: Deno.env.get('ANON_KEY'),
    edgeFunctionToken: userToken,
  });

  const respond = (body: unknown, status = 200) =>
    new Response(JSON.stringify(body), {
      status,
      headers: { ...corsHeaders, 'Content-Type': 'application/json' },
    });

  if (req.method === 'POST') {
    const { text } = await req.json();
    const { data, error } = await client.database.from('notes').insert([{ text }]).select();
    if (error) return respond({ error: error.message }, 400);
    return respond(data?.[0] as Note, 201);
  }

  if (req.method === 'DELETE') {
    const id = new URL(req.url).searchParams.get('id');
    const { error } = await client.database.from('notes').delete().eq('id', id);
    return error ? respond({ error: error.message }, 400) : respond({ deleted: true });
  }

  const { data, error, count } = await client.database
    .from('notes')
    .select('id, text', { count: 'exact' })
    .order('id', { ascending: false })
    .limit(10);
  if (error) return respond({ error: error.message }, 500);
  const { data: who } = userToken ? await client.auth.getCurrentUser() : { data: { user: null } };
  return respond({ notes: data as Note[], count, user: who?.user?.email ?? null });
}
