/**
 * Tells whether a webhook can be reached: sends it a test event and reports what came back. The twin of `test-webhook`.
 *
 * | request | answer |
 * |---|---|
 * | `POST` of `{"url":"https://…"}` | `200` and a report, whatever the webhook said; `400` if it is no such URL |
 * | `OPTIONS` | `204`, with what a browser wants to know |
 * | any other method | `405` |
 *
 * The report is `{"success":true,"status_code":204,"latency_ms":12}`. `success` is a status of 200 to 299; where no answer came, there
 * is an `error` in place of `status_code`. What the webhook answers beside its status is not shown. Redirects are not followed.
 *
 * Whoever may call this may have requests sent, so deploy it with `"auth": "authenticated"`.
 */
const PATIENCE = 10_000;
const LONGEST = 2048;

const headers = {
  'Access-Control-Allow-Origin': '*',
  'Access-Control-Allow-Methods': 'POST, OPTIONS',
  'Access-Control-Allow-Headers': 'Content-Type, Authorization',
};

module.exports = async function (req) {
  if (req.method === 'OPTIONS') return new Response(null, { status: 204, headers });
  if (req.method !== 'POST') return answer(405, { error: 'the method here is POST' });
  const { url, problem } = await wanted(req);
  return problem ? answer(400, { error: problem }) : answer(200, await report(url));
};

function answer(status, body) {
  return Response.json(body, { status, headers });
}

/** A URL that a webhook can have. A user name and a password would end up in logs, so they are none of it. */
async function wanted(req) {
  const body = await req.json().catch(() => undefined);
  if (typeof body?.url !== 'string') return { problem: 'the body is {"url":"https://…"}' };
  if (body.url.length > LONGEST) return { problem: 'url: it is too long' };
  if (!/^https?:\/\//i.test(body.url)) return { problem: 'url: it must begin with http:// or https://' };
  if (!URL.canParse(body.url)) return { problem: 'url: it is not a URL' };
  const url = new URL(body.url);
  return url.username || url.password ? { problem: 'url: it must not contain a user name' } : { url };
}

async function report(url) {
  const sent = Date.now();
  const latency = () => Date.now() - sent;
  try {
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', 'User-Agent': 'wasmforge-test-webhook' },
      body: JSON.stringify({
        event: 'webhook.test',
        message: 'This is a test. Nothing happened.',
        timestamp: Math.floor(sent / 1000),
      }),
      redirect: 'manual',
      signal: AbortSignal.timeout(PATIENCE),
    });
    return { success: response.ok, status_code: response.status, latency_ms: latency() };
  } catch (error) {
    return { success: false, latency_ms: latency(), error: error.message };
  }
}
