// What changed between two texts, line by line.

/** Beyond this many lines on either side only the ends that are alike are found. */
const MOST = 4000;

/** `[{kind: 'same' | 'added' | 'removed', text, before, after}]`; `before` and `after` are line numbers from 1. */
export function diff(before, after) {
  const [a, b] = [lines(before), lines(after)];
  let start = 0;
  while (start < a.length && start < b.length && a[start] === b[start]) {
    start += 1;
  }
  let end = 0;
  while (end < a.length - start && end < b.length - start && a.at(-1 - end) === b.at(-1 - end)) {
    end += 1;
  }
  const result = [];
  let [i, j] = [0, 0];
  const push = (kind, text) => {
    const entry = { kind, text };
    if (kind !== 'added') {
      entry.before = i += 1;
    }
    if (kind !== 'removed') {
      entry.after = j += 1;
    }
    result.push(entry);
  };
  a.slice(0, start).forEach((line) => push('same', line));
  middle(a.slice(start, a.length - end), b.slice(start, b.length - end), push);
  a.slice(a.length - end).forEach((line) => push('same', line));
  return result;
}

function lines(text) {
  const all = text.split(/\r?\n/);
  if (all.at(-1) === '') {
    all.pop();
  }
  return all;
}

/** By the longest common subsequence, which is a table of both lengths. */
function middle(a, b, push) {
  if (a.length > MOST || b.length > MOST || a.length * b.length > (MOST * MOST) / 4) {
    a.forEach((line) => push('removed', line));
    b.forEach((line) => push('added', line));
    return;
  }
  const width = b.length + 1;
  const table = new Uint16Array((a.length + 1) * width);
  for (let i = a.length - 1; i >= 0; i -= 1) {
    for (let j = b.length - 1; j >= 0; j -= 1) {
      table[i * width + j] =
        a[i] === b[j]
          ? table[(i + 1) * width + j + 1] + 1
          : Math.max(table[(i + 1) * width + j], table[i * width + j + 1]);
    }
  }
  let [i, j] = [0, 0];
  while (i < a.length || j < b.length) {
    if (i < a.length && j < b.length && a[i] === b[j]) {
      push('same', a[i]);
      i += 1;
      j += 1;
    } else if (i < a.length && (j === b.length || table[(i + 1) * width + j] >= table[i * width + j + 1])) {
      push('removed', a[i++]);
    } else {
      push('added', b[j++]);
    }
  }
}

/** The same with runs of unchanged lines cut down to `context` around each change; a run that was cut is `{kind: 'gap', count}`. */
export function hunks(entries, context = 3) {
  const near = new Set();
  entries.forEach(({ kind }, index) => {
    if (kind !== 'same') {
      for (let at = index - context; at <= index + context; at += 1) {
        near.add(at);
      }
    }
  });
  const result = [];
  entries.forEach((entry, index) => {
    if (near.has(index)) {
      result.push(entry);
    } else if (result.at(-1)?.kind === 'gap') {
      result.at(-1).count += 1;
    } else {
      result.push({ kind: 'gap', count: 1 });
    }
  });
  return result;
}
