import { h } from '../../dom/element.js';
import { put, remove } from '../../api/client.js';
import { GRANTS, controlsOf, grantsOf, words } from '../../logic/grants.js';
import { LIMITS, limitsOf } from '../../logic/limits.js';
import { navigate } from '../../router.js';
import { notify } from '../../ui/announce.js';
import { button } from '../../ui/button.js';
import { dialog } from '../../ui/dialog.js';
import { FormError, checkbox, form, select, text } from '../../ui/form.js';
import { card } from '../../ui/page.js';
import { conflict } from './conflict.js';

const CALLERS = [
  ['public', 'Everybody'],
  ['authenticated', 'Users who signed in'],
  ['service', 'The platform only (API key or service token)'],
];

/** What a function is called, who may call it, how much it may use and what it may do. */
export function settingsTab(subject) {
  const area = h('div', { class: 'stack' });
  const draw = () =>
    area.replaceChildren(
      generalCard(subject, draw),
      limitsCard(subject, draw),
      grantsCard(subject, draw),
      deleteCard(subject),
    );
  draw();
  return area;
}

/** Writes settings; whoever else has written in between is not overwritten unasked. */
async function write(subject, changes, draw) {
  try {
    await put(subject.path, changes, { headers: subject.ifMatch() });
  } catch (error) {
    if (error.code !== 'FUNCTION_CHANGED') {
      throw error;
    }
    const choice = await conflict(subject, {});
    if (choice === 'theirs') {
      draw();
    }
    if (choice !== 'mine') {
      return;
    }
    await put(subject.path, changes, { headers: subject.ifMatch() });
  }
  await subject.reload();
  draw();
  notify(`Settings of ${subject.slug} are saved`);
}

function generalCard(subject, draw) {
  const { name, description, status, auth } = subject.data;
  const fields = [
    text('Name', { name: 'name', required: true, value: name ?? '' }),
    text('Description', { name: 'description', value: description ?? '' }),
    select(
      'Status',
      [
        ['active', 'Active: answers requests'],
        ['draft', 'Draft: answers 404'],
      ],
      { name: 'status', value: status },
    ),
    select('Who may call it', CALLERS, { name: 'auth', value: auth ?? 'public' }),
  ];
  const submit = ({ description, ...values }) =>
    write(subject, { ...values, description: description === '' ? null : description }, draw);
  return card('General', {}, form({ class: 'form form-grid', fields, action: 'Save', submit }));
}

function limitsCard(subject, draw) {
  const { limits, effectiveLimits } = subject.data;
  const fields = LIMITS.map(([name, label, unit]) => {
    const now = effectiveLimits?.[name];
    return text(
      `${label}, ${unit}`,
      {
        name,
        type: 'number',
        min: 0,
        step: 1,
        value: limits?.[name] ?? '',
        placeholder: now === undefined || now === null ? 'default' : String(now),
      },
      { hint: hint(limits?.[name], now) },
    );
  });
  const submit = (values) => write(subject, { limits: limitsOf(values, limits) }, draw);
  return card(
    'Limits',
    {},
    h(
      'p',
      { class: 'faint' },
      'An empty field has the operator’s default. More than the operator’s maximum is cut down to it.',
    ),
    form({ class: 'form form-grid form-grid-3', fields, action: 'Save limits', submit }),
  );
}

function hint(own, effective) {
  return own !== undefined && own !== null && effective !== undefined && effective !== own
    ? `cut down to ${effective}`
    : undefined;
}

function grantsCard(subject, draw) {
  const { capabilities } = subject.data;
  const fields = GRANTS.map((grant) => grantField(grant, controlsOf(grant, capabilities?.[grant.key])));
  const submit = (values) => {
    const controls = (key) => ({
      mode: values[key],
      list: words(values[`${key}.list`] ?? ''),
      service: values[`${key}.service`] === true,
    });
    return write(subject, { capabilities: grantsOf(controls, capabilities) }, draw);
  };
  return card(
    'Grants',
    {},
    h(
      'p',
      { class: 'faint' },
      'What it may do. A grant never widens what the operator allows. A list that is empty grants nothing.',
    ),
    form({ class: 'form grants', fields, action: 'Save grants', submit }),
  );
}

function grantField({ key, label, kind, choices, all, every, hint, service }, { mode, list, service: asService }) {
  if (kind === 'choice') {
    return h('div', { class: 'grant' }, select(label, choices, { name: key, value: mode }));
  }
  const names = text(`${label}: these only`, { name: `${key}.list`, class: 'mono', value: list.join(', ') }, { hint });
  names.hidden = mode !== 'list';
  const modes = [['', all], every && ['every', every], ['list', 'These only']].filter(Boolean);
  const choose = select(label, modes, {
    name: key,
    value: mode,
    onchange: (event) => {
      names.hidden = event.target.value !== 'list';
    },
  });
  return h(
    'div',
    { class: 'grant' },
    choose,
    names,
    service && checkbox('As the platform too, not only as the caller', { name: `${key}.service`, checked: asService }),
  );
}

function deleteCard({ path, slug, ifMatch }) {
  const ask = () =>
    dialog(`Delete ${slug}?`, (close) => [
      h('p', {}, 'It stops answering at once, on every node.'),
      form({
        fields: text(`Type ${slug} to go on`, { name: 'typed', required: true, autofocus: true }),
        action: 'Delete',
        kind: 'danger',
        submit: async ({ typed }) => {
          if (typed !== slug) {
            throw new FormError('That is not its slug.');
          }
          await remove(path, { headers: ifMatch() });
          close();
          notify(`${slug} is deleted`);
          navigate('/functions');
        },
      }),
    ]);
  return card(
    'Delete',
    { class: 'card-danger' },
    h(
      'div',
      { class: 'spread' },
      h('p', {}, 'Its history stays: a function that gets the same slug later goes on counting versions.'),
      button('Delete the function', { kind: 'danger', onclick: ask }),
    ),
  );
}
