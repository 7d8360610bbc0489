/**
 * Asks a language model: `POST` a question, and the answer comes back as it is made. `?whole` waits for all of it, `?embed` gives the
 * question's vector, `?paint` an image. `?model=` chooses the model.
 */
import { ai, type Image } from 'wasmforge';

const CHAT = 'openai/gpt-4o-mini';
const EMBEDDINGS = 'openai/text-embedding-3-small';
const IMAGES = 'openai/gpt-image-1';

export default async (request: Request): Promise<Response> => {
  const asked = new URL(request.url).searchParams;
  const model = (otherwise: string): string => asked.get('model') ?? otherwise;
  const question = await request.text();
  if (question === '') return Response.json({ error: 'ask something' }, { status: 400 });
  if (asked.has('embed')) {
    return Response.json((await ai.embed({ model: model(EMBEDDINGS), input: question })).vectors);
  }
  if (asked.has('paint')) return painted(await ai.image({ model: model(IMAGES), prompt: question }));
  const chat = ai.chat({ model: model(CHAT), system: 'Answer in one paragraph.', user: question });
  if (asked.has('whole')) {
    const { text, usage } = await chat;
    return Response.json({ text, usage });
  }
  return streamed(chat[Symbol.asyncIterator]());
};

/** The first part decides whether there is an answer at all: later it is too late for another status. */
async function streamed(parts: AsyncIterator<string>): Promise<Response> {
  let part = await parts.next();
  const encoder = new TextEncoder();
  const body = new ReadableStream<Uint8Array>({
    async pull(controller) {
      if (part.done) return controller.close();
      controller.enqueue(encoder.encode(part.value));
      part = await parts.next();
    },
  });
  return new Response(body, { headers: { 'content-type': 'text/plain;charset=UTF-8' } });
}

function painted([image]: Image[]): Response {
  if (!image) return Response.json({ error: 'the model made no image' }, { status: 404 });
  if (image.bytes) return new Response(image.bytes, { headers: { 'content-type': 'image/png' } });
  return new Response(image.url);
}
