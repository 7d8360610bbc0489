// What the tests of InsForge's SDK ask of a JavaScript function: `?do=` picks it.
module.exports = async function (request) {
  const what = new URL(request.url).searchParams.get('do');
  const token = request.headers.get('authorization')?.replace(/^Bearer /, '') ?? null;
  const client = () => createClient({ baseUrl: Deno.env.get('INSFORGE_BASE_URL'), edgeFunctionToken: token });
  switch (what) {
    case 'echo':
      return Response.json({ method: request.method, token, body: await request.json() }, { status: 201 });
    case 'text':
      return new Response('täxt');
    case 'nothing':
      return new Response(null, { status: 204 });
    case 'throw':
      throw Object.assign(new Error('I am a teapot'), { status: 418 });
    case 'fail':
      return Response.json({ error: 'busy', message: 'Come again', nextActions: 'Wait' }, { status: 503 });
    case 'stream':
      return new Response(stream(3), { headers: { 'content-type': 'text/event-stream' } });
    case 'endless':
      return new Response(stream(Infinity));
    case 'hang':
      return new Promise(() => setTimeout(() => {}, 60_000));
    case 'user':
      return Response.json(await client().auth.getCurrentUser());
    case 'post':
      return Response.json(await client().database.from('posts').insert(await request.json()).select('slug,owner'));
    case 'call':
      return Response.json(await client().functions.invoke('hello', { body: { name: 'Ann' } }));
  }
};

/** Server-sent events, one after the other. */
function stream(events) {
  let event = 0;
  return new ReadableStream({
    async pull(controller) {
      if (event === events) {
        controller.close();
        return;
      }
      await new Promise((resolve) => setTimeout(resolve, 5));
      controller.enqueue(new TextEncoder().encode(`data: ${++event}\n\n`));
    },
  });
}
