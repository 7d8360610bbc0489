/**
 * Takes an order, `POST {"sku": …, "quantity": …}`, and logs what happens to it, with fields to search by.
 */
import { config, log } from 'wasmforge';

export default async function (request) {
  const { sku, quantity } = await order(request);
  const limit = Number(config.get('ORDER_LIMIT') ?? 10);
  if (Number.isNaN(limit)) throw new Error('ORDER_LIMIT is not a number');
  log.debug('checking the order', { limit });
  if (quantity > limit) {
    log.warn('an order was refused', { sku, quantity, limit });
    return Response.json({ error: `at most ${limit} of one kind` }, { status: 409 });
  }
  log.info(`${quantity} of ${sku} were ordered`, { sku, quantity });
  return new Response(`${quantity} × ${sku}`, { status: 201 });
}

async function order(request) {
  try {
    const { sku, quantity } = await request.json();
    if (typeof sku === 'string' && Number.isInteger(quantity)) return { sku, quantity };
  } catch {
    // What is no JSON is no order either.
  }
  throw Object.assign(new Error('an order is {"sku": …, "quantity": …}'), { status: 400 });
}
