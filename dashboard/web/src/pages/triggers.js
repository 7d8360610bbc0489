import { h } from '../dom/element.js';
import { get, patch, post, remove } from '../api/client.js';
import { words } from '../logic/grants.js';
import { to } from '../router.js';
import { notify } from '../ui/announce.js';
import { badge } from '../ui/badge.js';
import { button } from '../ui/button.js';
import { confirm, dialog } from '../ui/dialog.js';
import { FormError, checkbox, form, text } from '../ui/form.js';
import { head } from '../ui/page.js';
import { resource } from '../ui/resource.js';
import { empty } from '../ui/state.js';
import { table } from '../ui/table.js';

const EVENTS = ['INSERT', 'UPDATE', 'DELETE'];

/** Which changes of which tables call which function. */
export function triggersPage({ signal }) {
  const refresh = () => list.refresh();
  const list = resource({
    signal,
    load: () => get('/api/triggers', {}, signal),
    draw: ({ triggers }) => draw(triggers, refresh),
  });
  const add = button('New trigger', { kind: 'primary', sign: 'plus', onclick: () => create(refresh) });
  const about = 'A changed row calls a function, at least once and in the order of the row’s changes.';
  return { title: 'Triggers', content: [head('Triggers', { about, actions: [add] }), list] };
}

function draw(triggers, refresh) {
  if (triggers.length === 0) {
    return empty(
      'No triggers',
      'A trigger sends every changed row of a table to a function.',
      button('New trigger', { kind: 'primary', sign: 'plus', onclick: () => create(refresh) }),
    );
  }
  const columns = [
    {
      head: 'Name',
      kind: 'main',
      cell: (row) => [
        h('strong', {}, row.name),
        row.lastError && h('span', { class: 'bad clip', title: row.lastError }, row.lastError),
      ],
    },
    { head: 'Table', kind: 'text', cell: (row) => h('code', {}, `${row.schema}.${row.table}`) },
    {
      head: 'On',
      kind: 'text',
      cell: (row) => [
        row.events.join(', ').toLowerCase(),
        row.columns?.length > 0 && h('span', { class: 'faint' }, `of ${row.columns.join(', ')}`),
      ],
    },
    {
      head: 'Calls',
      kind: 'text',
      cell: (row) => h('a', { href: to(`/functions/${row.functionSlug}`) }, row.functionSlug),
    },
    { head: 'State', kind: 'fit', cell: (row) => (row.isActive ? badge('good', 'active') : badge('plain', 'paused')) },
    { head: 'Actions', kind: 'actions', cell: (row) => actions(row, refresh) },
  ];
  return table({ caption: 'Triggers', columns, rows: triggers, key: (row) => row.id });
}

function actions({ id, name, isActive }, refresh) {
  return h(
    'div',
    { class: 'actions actions-end' },
    button(isActive ? 'Pause' : 'Resume', {
      kind: 'quiet',
      'aria-label': `${isActive ? 'Pause' : 'Resume'} ${name}`,
      onclick: async () => {
        await patch(`/api/triggers/${id}`, { isActive: !isActive });
        notify(`${name} is ${isActive ? 'paused' : 'active'}`);
        await refresh();
      },
    }),
    button('Delete', {
      kind: 'quiet',
      'aria-label': `Delete ${name}`,
      onclick: async () => {
        if (await confirm(`Delete ${name}?`, 'Changes of the table call nothing from then on.', 'Delete')) {
          await remove(`/api/triggers/${id}`);
          notify(`${name} is deleted`);
          await refresh();
        }
      },
    }),
  );
}

function create(refresh) {
  const fields = [
    text('Name', { name: 'name', required: true, autofocus: true }),
    text('Schema', { name: 'schema', required: true, value: 'public', class: 'mono' }),
    text('Table', { name: 'table', required: true, class: 'mono' }),
    text('Function', { name: 'functionSlug', required: true, class: 'mono' }, { hint: 'Its slug' }),
    h(
      'fieldset',
      { class: 'field field-wide plain' },
      h('legend', {}, 'When a row is'),
      h(
        'div',
        { class: 'checks' },
        EVENTS.map((event) => checkbox(`${event.toLowerCase().replace(/e?$/, '')}ed`, { name: event, checked: true })),
      ),
    ),
    text('Columns', { name: 'columns', class: 'mono' }, { hint: 'Only when one of these changes; empty: any' }),
    text('Attempts at most', { name: 'maxAttempts', type: 'number', min: 1, max: 50, value: 8 }),
  ];
  const submit =
    (close) =>
    async ({ columns, maxAttempts, INSERT, UPDATE, DELETE, ...rest }) => {
      const events = EVENTS.filter((event) => ({ INSERT, UPDATE, DELETE })[event]);
      if (events.length === 0) {
        throw new FormError('Choose at least one kind of change.');
      }
      const list = words(columns);
      await post('/api/triggers', {
        ...rest,
        events,
        maxAttempts: Number(maxAttempts),
        ...(list.length ? { columns: list } : {}),
      });
      close();
      notify(`${rest.name} is created`);
      await refresh();
    };
  return dialog(
    'New trigger',
    (close) => form({ class: 'form form-grid', fields, action: 'Create', submit: submit(close) }),
    { wide: true },
  );
}
