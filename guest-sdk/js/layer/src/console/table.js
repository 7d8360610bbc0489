// `console.table`.
import { inspect } from './inspect.js';

const INDEX = '(index)';
const VALUES = 'Values';

/** A table of rows and columns in text; undefined for what has no rows. */
export function table(data, columns) {
  if (typeof data !== 'object' || data === null) return undefined;
  const rows = rowsOf(data);
  const names = columns ? columns.map(String) : columnsOf(rows);
  const hasValues = rows.some(([, row]) => !isRow(row));
  const header = [INDEX, ...names, ...(hasValues ? [VALUES] : [])];
  const lines = rows.map(([index, row]) => {
    const cells = names.map((name) => (isRow(row) && Object.hasOwn(row, name) ? cell(row[name]) : ''));
    return [String(index), ...cells, ...(hasValues ? [isRow(row) ? '' : cell(row)] : [])];
  });
  return draw(header, lines);
}

function rowsOf(data) {
  if (data instanceof Map) return [...data].map(([key, value]) => [cell(key), value]);
  if (data instanceof Set) return [...data].map((value, index) => [index, value]);
  return Object.entries(data);
}

const isRow = (row) => typeof row === 'object' && row !== null;

function columnsOf(rows) {
  const names = new Set();
  for (const [, row] of rows) {
    if (isRow(row)) Object.keys(row).forEach((name) => names.add(name));
  }
  return [...names];
}

const cell = (value) => inspect(value, { depth: 0, breakLength: Infinity });

function draw(header, rows) {
  const widths = header.map((name, column) => Math.max(name.length, ...rows.map((row) => row[column].length)));
  const rule = (left, middle, right) => left + widths.map((width) => '─'.repeat(width + 2)).join(middle) + right;
  const line = (cells) => `│${cells.map((text, column) => ` ${text.padEnd(widths[column])} `).join('│')}│`;
  return [
    rule('┌', '┬', '┐'),
    line(header),
    rule('├', '┼', '┤'),
    ...rows.map(line),
    rule('└', '┴', '┘'),
  ].join('\n');
}
