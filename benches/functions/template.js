// An HTML table of 1,000 rows.

const ENTITIES = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };

const escape = (text) => String(text).replace(/[&<>"']/g, (character) => ENTITIES[character]);

const row = ({ id, name, price, stock }) => `<tr class="${stock > 0 ? 'in' : 'out'}">
  <td>${id}</td><td>${escape(name)}</td><td>${price.toFixed(2)}</td><td>${stock}</td>
</tr>`;

const page = (products) => `<!doctype html>
<title>${escape('Products & prices')}</title>
<table>
${products.map(row).join('\n')}
</table>
`;

module.exports = async () => {
  const products = Array.from({ length: 1000 }, (_, i) => ({
    id: i + 1,
    name: `Part <${i}> "${(i * 7919) % 1000}"`,
    price: ((i * 37) % 1000) / 10,
    stock: i % 7,
  }));
  return new Response(page(products), { headers: { 'content-type': 'text/html' } });
};
