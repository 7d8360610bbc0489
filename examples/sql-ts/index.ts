/**
 * Everybody's own diary, in a table that row-level security guards: `schema.sql` of the example `sql`.
 *
 * | request | answer |
 * |---|---|
 * | `GET` | the caller's entries, the latest first |
 * | `POST` of `{"body":"…"}` | `201` and the entry; `400` if it is none |
 * | `DELETE ?id=7` | `204`, or `404` if the caller has no such entry |
 * | `DELETE` | `{"deleted":n}`: all of the caller's entries, or none if anything fails |
 *
 * The statements say nothing about whose entries they are: they run as the caller.
 */
import { sql, SqlError } from 'wasmforge';

interface Entry {
  id: number;
  body: string;
  written_at: Date;
}

/** What a check constraint of the table does not let through. */
const CHECK_VIOLATION = '23514';

export default async (request: Request): Promise<Response> => {
  const id = new URL(request.url).searchParams.get('id');
  switch (request.method) {
    case 'GET':
      return Response.json(await sql<Entry>`SELECT id, body, written_at FROM entries ORDER BY id DESC LIMIT 100`);
    case 'POST':
      return add(await request.json());
    case 'DELETE':
      return id === null ? removeAll() : remove(id);
    default:
      return refusal(405, 'the methods here are GET, POST, DELETE');
  }
};

function refusal(status: number, error: string): Response {
  return Response.json({ error }, { status });
}

async function add({ body }: { body?: string }): Promise<Response> {
  try {
    const insert = sql<Entry>`INSERT INTO entries (body) VALUES (${body ?? ''}) RETURNING id, body, written_at`;
    return Response.json(await insert.first(), { status: 201 });
  } catch (error) {
    const refused = error instanceof SqlError && error.sqlstate === CHECK_VIOLATION;
    if (refused) return refusal(400, 'an entry has from 1 to 1000 characters');
    throw error;
  }
}

async function remove(id: string): Promise<Response> {
  if (!/^\d+$/.test(id)) return refusal(400, 'an id is a number');
  const { count } = await sql`DELETE FROM entries WHERE id = ${id}`;
  return count === 0 ? refusal(404, 'there is no such entry') : new Response(null, { status: 204 });
}

/** What throws within a transaction undoes it. */
async function removeAll(): Promise<Response> {
  const deleted = await sql.begin(async (tx) => {
    const before = await tx`SELECT count(*) FROM entries`.value<number>();
    const { count } = await tx`DELETE FROM entries`;
    if (count !== before) throw refusal(409, 'an entry was written meanwhile; nothing was deleted');
    return count;
  });
  return Response.json({ deleted });
}
