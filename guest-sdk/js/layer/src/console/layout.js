// Puts the parts of an object on one line or on several.

/** Lists of more parts than this are set in columns. */
const MIN_COLUMNS = 6;
const MAX_COLUMN = 16;

/**
 * @param {string[]} parts
 * @param {[string, string]} braces
 * @param {string} head what comes before them
 * @param {object} state the options, and `level`, how deep the object is
 * @param {boolean} isList
 */
export function join(parts, [open, close], head, state, isList) {
  const start = head && !head.endsWith(' ') ? `${head} ${open}` : `${head}${open}`;
  if (parts.length === 0) return `${start}${close}`;
  const rows = isList && parts.length > MIN_COLUMNS && state.compact >= 1 ? columns(parts, state) : parts;
  const indent = '  '.repeat(state.level);
  if (rows === parts && fitsOneLine(parts, start, state)) return `${start} ${parts.join(', ')} ${close}`;
  return `${start}\n${indent}  ${rows.join(`,\n${indent}  `)}\n${indent}${close}`;
}

function fitsOneLine(parts, start, state) {
  if (state.compact === false || state.compact === 0) return false;
  if (state.compact === true) return parts.every((part) => !part.includes('\n'));
  if (parts.some((part) => part.includes('\n')) || start.includes('\n')) return false;
  const length = parts.reduce((sum, part) => sum + part.length + 2, start.length);
  return length + state.level * 2 <= Math.min(state.breakLength, 76);
}

/** Short parts side by side, aligned. */
function columns(parts, state) {
  const rest = parts.at(-1).startsWith('... ') ? parts.at(-1) : undefined;
  const cells = rest === undefined ? parts : parts.slice(0, -1);
  const longest = Math.max(...cells.map((part) => part.length)) + 2;
  const total = cells.reduce((sum, part) => sum + part.length + 2, 0);
  if (cells.some((part) => part.includes('\n')) || longest * 3 + state.level * 2 >= state.breakLength) return parts;
  if (total / longest <= 5 && longest > MAX_COLUMN / 2) return parts;
  const count = Math.min(
    Math.round(Math.sqrt(2.5 * longest * cells.length) / longest),
    Math.floor((state.breakLength - state.level * 2) / longest),
    state.compact * 4,
    15,
  );
  if (count <= 1) return parts;
  const widths = Array.from({ length: count }, (_, column) => {
    return Math.max(...cells.filter((_, index) => index % count === column).map((part) => part.length));
  });
  const rows = [];
  for (let index = 0; index < cells.length; index += count) {
    rows.push(row(cells.slice(index, index + count), widths));
  }
  if (rest !== undefined) rows.push(rest);
  return rows;
}

/** Numbers stand at the right of their column, everything else at the left. */
function row(cells, widths) {
  const isNumber = cells.every((cell) => /^-?\d/.test(cell));
  return cells
    .map((cell, column) => {
      const isLast = column === cells.length - 1;
      const text = isLast ? cell : `${cell}, `;
      if (isNumber) return text.padStart(widths[column] + (isLast ? 0 : 2));
      return isLast ? text : text.padEnd(widths[column] + 2);
    })
    .join('');
}
