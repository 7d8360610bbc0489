import { h } from '../dom/element.js';
import { get, post, put, remove } from '../api/client.js';
import { notify } from '../ui/announce.js';
import { badge } from '../ui/badge.js';
import { button } from '../ui/button.js';
import { confirm, dialog } from '../ui/dialog.js';
import { area, form, text } from '../ui/form.js';
import { card, head } from '../ui/page.js';
import { resource } from '../ui/resource.js';
import { empty } from '../ui/state.js';
import { table } from '../ui/table.js';
import { ago } from '../ui/time.js';
import { moment } from '../logic/format.js';

/** What functions read from their environment. */
export function secretsPage({ signal }) {
  const list = resource({
    signal,
    load: () => get('/api/secrets', {}, signal),
    draw: ({ secrets }) => draw(secrets, () => list.refresh()),
  });
  const add = button('New secret', { kind: 'primary', sign: 'plus', onclick: () => create(() => list.refresh()) });
  const about = 'Functions see them as environment variables from their next request on.';
  return {
    title: 'Secrets',
    content: [
      head('Secrets', { about, actions: [add] }),
      h(
        'div',
        { class: 'stack' },
        list,
        rotation(() => list.refresh()),
      ),
    ],
  };
}

function draw(secrets, refresh) {
  const active = secrets.filter(({ isActive }) => isActive);
  if (active.length === 0) {
    return empty(
      'No secrets',
      'Put here what functions need to know and the code should not hold: keys, passwords, addresses.',
    );
  }
  const columns = [
    { head: 'Name', kind: 'main', cell: (row) => h('code', {}, row.key) },
    { head: 'Kind', kind: 'fit', cell: (row) => (row.isReserved ? badge('plain', 'reserved') : badge('info', 'own')) },
    {
      head: 'Expires',
      kind: 'fit',
      cell: (row) => (row.expiresAt ? ago(row.expiresAt) : h('span', { class: 'faint' }, 'never')),
    },
    { head: 'Last read', kind: 'number', cell: (row) => ago(row.lastUsedAt) },
    { head: 'Changed', kind: 'number', cell: (row) => ago(row.updatedAt) },
    { head: 'Actions', kind: 'actions', cell: (row) => actions(row, refresh) },
  ];
  return table({ caption: 'Secrets', columns, rows: active, key: (row) => row.key });
}

function actions({ key, isReserved, expiresAt }, refresh) {
  return h(
    'div',
    { class: 'actions actions-end' },
    button('Show', { kind: 'quiet', sign: 'eye', 'aria-label': `Show ${key}`, onclick: () => reveal(key) }),
    !isReserved &&
      button('Change', {
        kind: 'quiet',
        'aria-label': `Change ${key}`,
        onclick: () => change(key, expiresAt, refresh),
      }),
    !isReserved &&
      button('Delete', { kind: 'quiet', 'aria-label': `Delete ${key}`, onclick: () => drop(key, refresh) }),
  );
}

/** Reading a value leaves a trace in the audit log, so it is read only when it is asked for. */
async function reveal(key) {
  const { value } = await get(`/api/secrets/${encodeURIComponent(key)}`);
  await shown(key, value, 'That you have read it is in the audit log.');
}

function shown(title, value, remark) {
  return dialog(title, () => [
    h('pre', { class: 'mono secret', tabindex: '0' }, value),
    h('p', { class: 'faint' }, remark),
    h(
      'div',
      { class: 'actions' },
      button('Copy', {
        onclick: async () => {
          await navigator.clipboard.writeText(value);
          notify(`${title} is copied`);
        },
      }),
    ),
  ]);
}

function create(refresh) {
  return dialog('New secret', (close) =>
    form({
      fields: [
        text(
          'Name',
          {
            name: 'key',
            required: true,
            pattern: '[A-Z0-9_]+',
            class: 'mono',
            autofocus: true,
            placeholder: 'MAIL_KEY',
          },
          { hint: 'Capital letters, digits and _' },
        ),
        area('Value', { name: 'value', required: true, rows: 3 }),
        expiry(),
      ],
      action: 'Create',
      submit: async ({ key, value, expiresAt }) => {
        await post('/api/secrets', {
          key,
          value,
          ...(expiresAt ? { expiresAt: new Date(expiresAt).toISOString() } : {}),
        });
        close();
        notify(`Secret ${key} is created`);
        await refresh();
      },
    }),
  );
}

function expiry(value) {
  return text(
    'Expires',
    { name: 'expiresAt', type: 'datetime-local', value: value ? moment(value).slice(0, 16).replace(' ', 'T') : '' },
    { hint: 'Empty: never' },
  );
}

function change(key, expiresAt, refresh) {
  return dialog(`Change ${key}`, (close) =>
    form({
      fields: [
        area('New value', { name: 'value', rows: 3, autofocus: true }, { hint: 'Empty: stays as it is' }),
        expiry(expiresAt),
      ],
      action: 'Save',
      submit: async ({ value, expiresAt }) => {
        await put(`/api/secrets/${encodeURIComponent(key)}`, {
          ...(value ? { value } : {}),
          expiresAt: expiresAt ? new Date(expiresAt).toISOString() : null,
        });
        close();
        notify(`Secret ${key} is changed`);
        await refresh();
      },
    }),
  );
}

async function drop(key, refresh) {
  if (await confirm(`Delete ${key}?`, 'Functions that read it find nothing from their next request on.', 'Delete')) {
    await remove(`/api/secrets/${encodeURIComponent(key)}`);
    notify(`Secret ${key} is deleted`);
    await refresh();
  }
}

const ROTATIONS = [
  { kind: 'api-key', field: 'apiKey', label: 'API key', most: 168, usual: 24 },
  { kind: 'anon-key', field: 'anonKey', label: 'anonymous key', most: 720, usual: 168 },
];

function rotation(refresh) {
  const rows = ROTATIONS.map((one) =>
    h(
      'div',
      { class: 'spread' },
      h('p', {}, `A new ${one.label}; the old one goes on for as long as you say.`),
      button(`Rotate the ${one.label}`, { onclick: () => rotate(one, refresh) }),
    ),
  );
  return card('Keys', {}, h('div', { class: 'stack' }, rows));
}

function rotate({ kind, field, label, most, usual }, refresh) {
  return dialog(`Rotate the ${label}`, (close) =>
    form({
      fields: text(
        'The old one goes on for, hours',
        { name: 'hours', type: 'number', min: 0, max: most, value: usual, required: true, autofocus: true },
        { hint: `0 to ${most}. With 0 it stops at once.` },
      ),
      action: 'Rotate',
      kind: 'danger',
      submit: async ({ hours }) => {
        const answer = await post(`/api/secrets/${kind}/rotate`, { gracePeriodHours: Number(hours) });
        close();
        await shown(`The new ${label}`, answer[field], 'Put it where the old one is used.');
        await refresh();
      },
    }),
  );
}
