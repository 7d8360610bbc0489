/**
 * Notes in a table, over PostgREST, under the identity of whoever calls: `GET` lists the caller's notes, `POST` adds one, `DELETE ?id=` removes
 * one. Which notes are whose is decided by the table's row-level security, not here.
 */
import { rest } from 'wasmforge';

interface Note {
  id: number;
  text: string;
}

export default async (request: Request): Promise<Response> => {
  const notes = () => rest.from<Note>('notes').select('id,text');
  switch (request.method) {
    case 'GET':
      return Response.json(await notes().order('id').limit(100));
    case 'POST': {
      const { text } = (await request.json()) as { text: string };
      return Response.json(await notes().insert({ text }).one(), { status: 201 });
    }
    case 'DELETE': {
      const id = new URL(request.url).searchParams.get('id');
      if (id === null) return Response.json({ error: 'say which: ?id=…' }, { status: 400 });
      return Response.json(await notes().delete().eq('id', id).one());
    }
    default:
      return new Response(null, { status: 405 });
  }
};
