/**
 * Keeps notes under keys, and counts how often each was read: `PUT /…?note=tea` with a body, `GET /…?note=tea`, `DELETE /…?note=tea`;
 * `GET` without a note lists them.
 */
import { kv } from 'wasmforge';

export default async function (request) {
  const notes = await kv.open('notes');
  const name = new URL(request.url).searchParams.get('note');
  if (name === null) return Response.json(await Array.fromAsync(notes.keys()));
  switch (request.method) {
    case 'PUT':
      await notes.setJson(name, { text: await request.text() });
      return new Response(null, { status: 204 });
    case 'DELETE':
      await notes.delete(name);
      return new Response(null, { status: 204 });
    default:
      return read(notes, name);
  }
}

async function read(notes, name) {
  const note = await notes.getJson(name);
  if (!note) return Response.json({ error: 'there is no such note' }, { status: 404 });
  const reads = await (await kv.open('reads')).increment(name);
  return Response.json({ text: note.text, reads });
}
