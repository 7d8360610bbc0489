import { get, patch, post } from '../api/client.js';
import { FormError, area, checkbox, form, json, pairs, select, text } from '../ui/form.js';
import { h } from '../dom/element.js';

const METHODS = ['POST', 'GET', 'PUT', 'PATCH', 'DELETE'];
const MISSED = [
  ['skip', 'Skip it'],
  ['run-once', 'Run once when back'],
];

/** Makes a schedule, or changes one. `done(answer)` is called when it is written. */
export async function scheduleForm(schedule, done) {
  const { functions } = await get('/api/functions');
  const list = h(
    'datalist',
    { id: 'function-urls' },
    functions.map(({ slug }) => h('option', { value: `${location.origin}/functions/${slug}` })),
  );
  const headers = pairs('Headers', Object.entries(schedule?.headers ?? {}), {
    add: 'Add a header',
    valueLabel: 'Value, or ${{secrets.NAME}}',
  });
  const fields = [
    text('Name', { name: 'name', required: true, minlength: 3, value: schedule?.name ?? '', autofocus: true }),
    text(
      'When',
      {
        name: 'cronSchedule',
        required: true,
        class: 'mono',
        value: schedule?.cronSchedule ?? '',
        placeholder: '*/5 * * * *',
      },
      { hint: 'Minute, hour, day, month, weekday; or “10 seconds”' },
    ),
    text('Time zone', { name: 'timeZone', value: schedule?.timeZone ?? 'UTC', list: 'time-zones' }),
    h(
      'datalist',
      { id: 'time-zones' },
      Intl.supportedValuesOf('timeZone').map((zone) => h('option', { value: zone })),
    ),
    text('URL', {
      name: 'functionUrl',
      type: 'url',
      required: true,
      value: schedule?.functionUrl ?? '',
      placeholder: `${location.origin}/functions/…`,
      list: 'function-urls',
    }),
    list,
    select(
      'Method',
      METHODS.map((method) => [method, method]),
      { name: 'httpMethod', value: schedule?.httpMethod },
    ),
    text('Retries', { name: 'retries', type: 'number', min: 0, max: 10, value: schedule?.retries ?? 0 }),
    select(
      'After downtime',
      MISSED,
      { name: 'missed', value: schedule?.missed },
      { hint: 'What becomes of times that were missed' },
    ),
    headers,
    area(
      'Body',
      { name: 'body', rows: 4, value: schedule?.body ? JSON.stringify(schedule.body, null, 2) : '' },
      { hint: 'A JSON object' },
    ),
    schedule && checkbox('Active', { name: 'isActive', checked: schedule.isActive }),
  ];
  return form({
    class: 'form form-grid',
    fields,
    action: schedule ? 'Save' : 'Create',
    submit: async (values) => done(await write(schedule, { ...values, headers: Object.fromEntries(headers.pairs()) })),
  });
}

function write(schedule, { body, retries, isActive, ...rest }) {
  const parsed = json('The body', body);
  if (parsed !== undefined && (parsed === null || typeof parsed !== 'object' || Array.isArray(parsed))) {
    throw new FormError('The body is not a JSON object.');
  }
  const wanted = { ...rest, retries: Number(retries), ...(parsed === undefined ? {} : { body: parsed }) };
  return schedule ? patch(`/api/schedules/${schedule.id}`, { ...wanted, isActive }) : post('/api/schedules', wanted);
}
