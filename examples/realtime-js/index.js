/**
 * Says something in a chat room: `POST {"room":"…","text":"…"}` publishes the event `message` on the channel `chat:<room>`, with the caller's
 * id as its sender. Only users who signed in may say something; a room that is not there is a `404`.
 */
import { auth, realtime } from 'wasmforge';

export default async function (request) {
  const { role, subject: from } = await auth.caller();
  if (role !== 'authenticated') return Response.json({ error: 'sign in to say something' }, { status: 401 });
  const { room, text } = await request.json();
  const id = await realtime.publish(`chat:${room}`, 'message', { from, text });
  return Response.json({ id }, { status: 202 });
}
