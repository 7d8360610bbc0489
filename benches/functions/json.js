// Parses and writes 1 MB of JSON.

const RECORD = JSON.stringify({
  id: 48213,
  name: 'Grace Hopper',
  email: 'grace@example.com',
  active: true,
  score: 97.25,
  tags: ['navy', 'compilers', 'cobol'],
  address: { street: '12 Main Street', city: 'Arlington', zip: '22201' },
  note: null,
});
const COUNT = Math.floor(1_000_000 / (RECORD.length + 1));

module.exports = async () => {
  const text = `[${Array(COUNT).fill(RECORD).join(',')}]`;
  const records = JSON.parse(text);
  const score = records.reduce((sum, record) => sum + record.score, 0);
  return new Response(`${records.length} ${score} ${JSON.stringify(records) === text}`);
};
