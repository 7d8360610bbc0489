/**
 * Files: `GET ?file=hello.txt` sends one of the function's assets, and `POST` sorts the lines of a body by way of a scratch file. The second
 * needs the grant `{"files": {"scratchMib": 16}}`.
 */
import { files } from 'wasmforge';

export default async function (request) {
  switch (request.method) {
    case 'GET':
      return asset(new URL(request.url).searchParams.get('file'));
    case 'POST':
      return sorted(request.body);
    default:
      return refusal(405, 'GET or POST');
  }
}

function refusal(status, error) {
  return Response.json({ error }, { status });
}

async function asset(name) {
  if (!name) return refusal(400, 'say which: ?file=<name>');
  try {
    // A path that leads out of the directory is refused by the sandbox.
    return new Response(await files.bytes(name));
  } catch {
    return refusal(404, 'no such file');
  }
}

async function sorted(body) {
  try {
    await files.scratch.write('lines', '');
    for await (const chunk of body ?? []) await files.scratch.append('lines', chunk);
  } catch (error) {
    return error.code === 'no-such-file' ? refusal(500, 'the grant files.scratchMib is missing') : refusal(413, 'too many lines');
  }
  const lines = (await files.scratch.text('lines')).split('\n').filter((line) => line !== '');
  return new Response(lines.sort().join('\n'));
}
