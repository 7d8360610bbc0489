/**
 * Server-sent events: five of them, half a second apart; `?events=` and `?ms=` say otherwise. Each leaves when it is written.
 */
export default function (request: Request): Response {
  const { searchParams } = new URL(request.url);
  const events = number(searchParams.get('events') ?? '5', 'events');
  const pause = number(searchParams.get('ms') ?? '500', 'ms');
  const headers = { 'content-type': 'text/event-stream', 'cache-control': 'no-cache' };
  return new Response(written(events, pause), { headers });
}

function written(events: number, pause: number): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  return new ReadableStream({
    async start(controller) {
      for (let event = 1; event <= events; event += 1) {
        if (event > 1) await new Promise((resolve) => setTimeout(resolve, pause));
        controller.enqueue(encoder.encode(`id: ${event}\ndata: event ${event} of ${events}\n\n`));
      }
      controller.close();
    },
  });
}

function number(text: string, name: string): number {
  if (!/^\d+$/.test(text)) throw Object.assign(new Error(`${name} is not a number`), { status: 400 });
  return Number(text);
}
