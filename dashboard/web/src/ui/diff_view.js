import { h } from '../dom/element.js';
import { diff, hunks } from '../logic/diff.js';
import { count, plural } from '../logic/format.js';

const SIGNS = { same: ' ', added: '+', removed: '−' };
const WORDS = { added: 'added', removed: 'removed' };

/** Two texts and what is different, as lines with a sign each. */
export function diffView(before, after, names) {
  const entries = diff(before, after);
  const [added, removed] = ['added', 'removed'].map((kind) => entries.filter((entry) => entry.kind === kind).length);
  if (added + removed === 0) {
    return h('p', { class: 'faint' }, 'The code is the same.');
  }
  const caption = `From ${names.before} to ${names.after}: ${plural(added, 'line')} added, ${count(removed)} removed`;
  return h(
    'figure',
    { class: 'diff' },
    h('figcaption', {}, caption),
    h(
      'div',
      { class: 'diff-scroll', tabindex: '0', role: 'group', 'aria-label': caption },
      h('table', { class: 'diff-table mono' }, h('tbody', {}, hunks(entries).map(line))),
    ),
  );
}

function line(entry) {
  if (entry.kind === 'gap') {
    return h('tr', { class: 'diff-gap' }, h('td', { colspan: 4 }, `${plural(entry.count, 'line')} alike`));
  }
  return h(
    'tr',
    { class: `diff-${entry.kind}` },
    h('td', { class: 'diff-number' }, entry.before ?? ''),
    h('td', { class: 'diff-number' }, entry.after ?? ''),
    h(
      'td',
      { class: 'diff-sign' },
      h('span', { 'aria-hidden': 'true' }, SIGNS[entry.kind]),
      WORDS[entry.kind] && h('span', { class: 'visually-hidden' }, WORDS[entry.kind]),
    ),
    h('td', { class: 'diff-text' }, entry.text || '\u200b'),
  );
}
