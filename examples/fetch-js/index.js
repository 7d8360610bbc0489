/**
 * Fetches `?url=` and passes the answer on: status, headers and body, which streams through. The sandbox decides which addresses may
 * be reached.
 */
const TIMEOUT = 10_000;

export default async function (request) {
  const url = new URL(request.url).searchParams.get('url');
  if (!url || !URL.canParse(url)) throw Object.assign(new Error('say what: ?url=https://…'), { status: 400 });
  try {
    return await fetch(url, { redirect: 'manual', signal: AbortSignal.timeout(TIMEOUT) });
  } catch (cause) {
    throw Object.assign(new Error(cause.message, { cause }), { status: 502 });
  }
}
