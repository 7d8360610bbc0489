/**
 * Sends a request's body through other functions, one after the other: `POST /?through=resize,watermark` answers what `watermark` makes of what
 * `resize` makes of it. Nothing is held: each function reads while the one before it writes.
 */
import { functions } from 'wasmforge';

export default async (request: Request): Promise<Response> => {
  const through = new URL(request.url).searchParams.get('through');
  if (through === null) return Response.json({ error: 'say what: ?through=a,b' }, { status: 400 });
  let type = request.headers.get('content-type');
  let { body } = request;
  for (const slug of through.split(',')) {
    const headers = typed(type);
    const answer = await functions.call(slug, '/', { method: 'POST', headers, body });
    if (!answer.ok) return answer;
    type = answer.headers.get('content-type');
    body = answer.body;
  }
  return new Response(body, { headers: typed(type) });
};

function typed(type: string | null): Record<string, string> {
  return type === null ? {} : { 'content-type': type };
}
