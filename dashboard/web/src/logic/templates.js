// What a new function in JavaScript begins as.

/** `[id, label, code]` */
export const TEMPLATES = [
  [
    'hello',
    'Greeting',
    `export default async function (request) {
  const { searchParams } = new URL(request.url);
  const name = searchParams.get('name') ?? 'world';
  console.log('greeting', name);
  return Response.json({ greeting: \`Hello, \${name}!\` });
}
`,
  ],
  [
    'json',
    'JSON in, JSON out',
    `export default async function (request) {
  if (request.method !== 'POST') {
    return Response.json({ error: 'Send JSON with POST' }, { status: 405, headers: { allow: 'POST' } });
  }
  const input = await request.json();
  return Response.json({ received: input, at: new Date().toISOString() });
}
`,
  ],
  [
    'stream',
    'Streamed answer',
    `export default function () {
  const encoder = new TextEncoder();
  const body = new ReadableStream({
    async start(controller) {
      for (let second = 1; second <= 5; second += 1) {
        controller.enqueue(encoder.encode(\`tick \${second}\\n\`));
        await new Promise((resolve) => setTimeout(resolve, 1000));
      }
      controller.close();
    },
  });
  return new Response(body, { headers: { 'content-type': 'text/plain' } });
}
`,
  ],
  [
    'database',
    'Rows of a table',
    `import { createClient } from 'npm:@insforge/sdk';

export default async function (request) {
  const token = request.headers.get('authorization')?.replace('Bearer ', '');
  const client = createClient({
    baseUrl: Deno.env.get('INSFORGE_INTERNAL_URL'),
    anonKey: Deno.env.get('ANON_KEY'),
    edgeFunctionToken: token,
  });
  const { data, error } = await client.database.from('posts').select('*').limit(10);
  return Response.json(error ?? data, { status: error ? 400 : 200 });
}
`,
  ],
];

/** What the platform makes of a name where no slug is given. */
export function slugOf(name) {
  return name
    .trim()
    .toLowerCase()
    .replace(/\s+/g, '-')
    .replace(/[^a-z0-9_-]/g, '');
}
