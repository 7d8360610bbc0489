/**
 * A small typed JSON API: what there is to order, and what an order costs.
 *
 * | request | answer |
 * |---|---|
 * | `GET` | all products |
 * | `GET ?sku=tea` | one product, or `404` |
 * | `POST` of `{"items":[{"sku":"tea","quantity":2}]}` | `201` and the price; `400` if it is no order, `422` if it cannot be filled |
 * | any other method | `405` with `allow` |
 */
interface Product {
  sku: string;
  cents: number;
}

interface Item {
  sku: string;
  quantity: number;
}

/** The largest quantity of one product. */
const MOST = 1000;

const PRODUCTS: readonly Product[] = [
  { sku: 'tea', cents: 450 },
  { sku: 'cup', cents: 990 },
];

/** An order is refused with a status and a reason. */
class Refusal extends Error {
  constructor(
    readonly status: number,
    message: string,
  ) {
    super(message);
  }
}

export default {
  async fetch(request: Request): Promise<Response> {
    const sku = new URL(request.url).searchParams.get('sku');
    switch (request.method) {
      case 'GET':
        return Response.json(sku === null ? PRODUCTS : product(sku, 404));
      case 'POST':
        return Response.json(quote(await order(request)), { status: 201 });
      default:
        return Response.json({ error: 'the methods here are GET, POST' }, { status: 405, headers: { allow: 'GET, POST' } });
    }
  },
};

function product(sku: string, otherwise: number): Product {
  const found = PRODUCTS.find((product) => product.sku === sku);
  if (!found) throw new Refusal(otherwise, `there is no product \`${sku}\``);
  return found;
}

async function order(request: Request): Promise<Item[]> {
  const body: unknown = await request.json().catch((error: Error) => {
    throw new Refusal(400, `invalid JSON: ${error.message}`);
  });
  const { items } = body as { items?: Item[] };
  if (!Array.isArray(items) || !items.every(isItem)) throw new Refusal(400, 'an order is {"items":[{"sku":…,"quantity":…}]}');
  return items;
}

function isItem(item: unknown): item is Item {
  const { sku, quantity } = (item ?? {}) as Partial<Item>;
  return typeof sku === 'string' && Number.isInteger(quantity);
}

function quote(items: Item[]): { items: number; total_cents: number } {
  if (items.length === 0) throw new Refusal(422, 'an order has items');
  let [count, cents] = [0, 0];
  for (const { sku, quantity } of items) {
    const price = product(sku, 422).cents;
    if (quantity < 1 || quantity > MOST) throw new Refusal(422, `the quantity of \`${sku}\` is from 1 to ${MOST}`);
    count += quantity;
    cents += quantity * price;
  }
  return { items: count, total_cents: cents };
}
