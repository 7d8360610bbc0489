// How results are shown.

/** One row for each area, in Markdown. */
export function table(rates) {
  const rows = rates.filter(({ total }) => total > 0).map(({ area, passed, total }) => row(`\`${area}\``, passed, total));
  const passed = rates.reduce((sum, rate) => sum + rate.passed, 0);
  const total = rates.reduce((sum, rate) => sum + rate.total, 0);
  return ['| Tests | Pass | Of | Rate |', '| --- | ---: | ---: | ---: |', ...rows, row('all', passed, total)].join('\n');
}

const row = (name, passed, total) => `| ${name} | ${passed} | ${total} | ${((100 * passed) / total).toFixed(1)} % |`;

const BEGIN = '<!-- rates: written by tests/wpt/run.js -->';
const END = '<!-- end of rates -->';

/** The document with another table between its marks. */
export function insertTable(document, text) {
  const begin = document.indexOf(BEGIN);
  const end = document.indexOf(END);
  if (begin < 0 || end < begin) throw new Error(`the document has no "${BEGIN}" … "${END}"`);
  return `${document.slice(0, begin)}${BEGIN}\n${text}\n${document.slice(end)}`;
}
