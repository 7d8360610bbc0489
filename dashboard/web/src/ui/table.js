import { h } from '../dom/element.js';

/**
 * A table with a caption for those who cannot see it. `columns`: `{head, cell(row), kind}`, where `kind` is `number`, `fit`,
 * `actions`, `main` or nothing. On a narrow screen each row is a card, so roles are said outright: a table whose
 * display is changed would lose them.
 */
export function table({ caption, columns, rows, key }) {
  const head = columns.map(({ head, kind }) =>
    h(
      'th',
      { role: 'columnheader', scope: 'col', class: kind && `is-${kind}` },
      kind === 'actions' ? h('span', { class: 'visually-hidden' }, head) : head,
    ),
  );
  return h(
    'table',
    { role: 'table', class: 'table' },
    h('caption', { class: 'visually-hidden' }, caption),
    h('thead', { role: 'rowgroup' }, h('tr', { role: 'row' }, head)),
    h(
      'tbody',
      { role: 'rowgroup' },
      rows.map((row) => line(row, columns, key)),
    ),
  );
}

function line(row, columns, key) {
  return h(
    'tr',
    { role: 'row', 'data-key': key && String(key(row)) },
    columns.map(({ head, cell, kind }) =>
      h(
        'td',
        { role: 'cell', class: kind && `is-${kind}`, 'data-label': kind === 'actions' ? undefined : head },
        cell(row),
      ),
    ),
  );
}
