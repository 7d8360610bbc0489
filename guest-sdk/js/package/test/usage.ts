// Uses what the types promise as an author would. It is type-checked, and never run.
import {
  ai,
  auth,
  config,
  cors,
  env,
  files,
  functions,
  kv,
  log,
  realtime,
  rest,
  ServiceError,
  sql,
  SqlError,
  storage,
  type Context,
  type Handler,
} from 'wasmforge';

interface Note {
  id: number;
  text: string;
}

const handler: Handler = async (request: Request, context: Context) => {
  context.waitUntil(realtime.publish('news', 'called', { url: request.url }));
  const preflight: Response | undefined = cors.preflight(request);
  return cors.allow(preflight ?? Response.json(await database(request)), 'POST');
};

export default { fetch: handler };

async function database(request: Request): Promise<unknown> {
  const mine = sql`owner = ${'me'}`;
  const notes: Note[] = await sql<Note>`SELECT id, text FROM notes WHERE ${mine} AND id = ANY(${[1, 2]}) AND at < ${new Date()}`;
  const count: number | undefined = await sql`SELECT count(*) FROM ${sql.identifier('public', 'notes')}`.value<number>();
  const { count: changed } = await sql.query('UPDATE notes SET body = $1, raw = $2', [sql.json([1]), new Uint8Array(1)]);
  for await (const { text } of sql.asService()<Note>`SELECT * FROM notes`) log.info(text, { count, changed });
  const first: Note | undefined = await sql.begin((tx) => tx<Note>`SELECT * FROM notes`.first());
  const rows: Note[] = await rest.from<Note>('notes').select('id').in('id', [1, 2]).is('gone', null).limit(1);
  const sum: number = await rest.rpc<number>('add', { a: 1, b: 2 });
  const response: Response = await rest.send('/notes', { method: 'POST', body: '{}', asService: true });
  return { notes, first, rows, sum, status: response.status, method: request.method };
}

export async function objects(request: Request): Promise<Response> {
  const bucket = storage.bucket('files').asService();
  const { size, contentType }: { size: number; contentType?: string } = await bucket.upload('a', request, { contentType: 'text/plain' });
  const { objects, next } = await bucket.list({ prefix: 'a/', limit: 10 });
  for await (const { key, uploadedAt } of bucket.list({ after: next })) log.debug(key, { uploadedAt, size, contentType });
  await bucket.remove(objects.map(({ key }) => key));
  await files.scratch.append('b', await (await bucket.download('a', { range: { suffix: 3 } })).bytes());
  return (await bucket.download('a', { range: { first: 1, last: 2 } })).response({ headers: { 'cache-control': 'no-store' } });
}

export async function others(): Promise<unknown> {
  const visits = await kv.open('visits');
  const sum: number | bigint = await visits.increment('home');
  for await (const key of visits.keys()) log.trace(key, { value: await visits.getText(key) });
  await visits.setMany({ a: '1', b: new Uint8Array() });
  const chat = ai.chat({ model: 'a/b', system: 'Be brief.', user: 'What is tea?', seed: 7 });
  let answer = '';
  for await (const part of chat) answer += part;
  const { text, usage } = await ai.chat({ model: 'a/b', messages: [{ role: 'user', content: 'hi' }] });
  const [image] = await ai.image({ model: 'a/b', prompt: 'tea', count: 1 });
  const bytes: Uint8Array<ArrayBuffer> | undefined = image?.bytes;
  const { vectors }: { vectors: number[][] } = await ai.embed({ model: 'a/b', input: ['tea'] });
  const { role, claims } = await auth.caller();
  const email: string | undefined = (await auth.user())?.email;
  const { status } = await functions.call('mailer', '/status?verbose=1', { headers: { 'x-a': 'b' } });
  const sent: boolean = await functions.invoke<boolean>('mailer', { to: email });
  const settings: (string | undefined)[] = [config.get('A'), env.require('B'), Deno.env.get('C')];
  const client = createClient({ baseUrl: settings[0], anonKey: encodeBase64(decodeBase64('aGk=')) });
  const { data } = await client.database.from('notes').select('id');
  return { sum, answer, text, usage, bytes, vectors, role, claims, status, sent, data, completion: chat.completion?.finishReason };
}

export function explained(error: unknown): number {
  if (error instanceof SqlError && error.sqlstate === '23505') return 409;
  return error instanceof ServiceError && error.code !== 'not-granted' ? error.status : 500;
}

// @ts-expect-error A statement is a template, so that no value gets into its text.
sql('SELECT 1');

// @ts-expect-error A handler answers with a response.
const wrong: Handler = () => 'text';
void wrong;
