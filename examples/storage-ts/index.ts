/**
 * Files of the caller in the bucket `files`: `PUT ?key=a/b.txt` keeps the request's body, `GET` streams it back (a part of it for a `range`
 * header), `DELETE` removes it. `GET` without a key lists, and `POST ?key=…` answers with a URL that works for an hour without a login.
 * Row-level security decides whose files a caller sees.
 */
import { storage, type ByteRange } from 'wasmforge';

const files = storage.bucket('files');

export default async (request: Request): Promise<Response> => {
  const key = new URL(request.url).searchParams.get('key');
  if (key === null) return list();
  switch (request.method) {
    case 'PUT': {
      const contentType = request.headers.get('content-type') ?? 'application/octet-stream';
      const { size } = await files.upload(key, request, { contentType });
      return new Response(`${size} bytes\n`);
    }
    case 'GET':
      return send(key, range(request.headers.get('range')));
    case 'POST':
      return new Response(await files.signedUrl(key));
    case 'DELETE':
      await files.remove(key);
      return new Response('gone\n');
    default:
      return Response.json({ error: 'GET, PUT, POST or DELETE' }, { status: 405 });
  }
};

async function list(): Promise<Response> {
  let text = '';
  for await (const { size, key } of files.list({ limit: 1000 })) text += `${size} ${key}\n`;
  return new Response(text);
}

async function send(key: string, range?: ByteRange): Promise<Response> {
  const file = await files.download(key, { range });
  if (!range) return file.response();
  const { first, length } = file.range;
  const part = `bytes ${first}-${first + length - 1}/${file.size}`;
  return file.response({ status: 206, headers: { 'content-range': part } });
}

/** One range of a `range` header; a header that is anything else counts as none. */
function range(header: string | null): ByteRange | undefined {
  const [, first, last] = /^bytes=(\d*)-(\d*)$/.exec(header ?? '') ?? [];
  if (first) return last ? { first: Number(first), last: Number(last) } : { first: Number(first) };
  return last ? { suffix: Number(last) } : undefined;
}
