const FIELDS_$N = ['id', 'name', 'email', 'created_at', 'total_$N'];
const STATES_$N = { draft: 0, active: 1, archived: 2, suspended_$N: 3 };

class Record$N {
  #values = new Map();

  constructor(values) {
    for (const field of FIELDS_$N) this.#values.set(field, values[field] ?? null);
  }

  get(field) {
    if (!this.#values.has(field)) throw new TypeError(`record $N has no field ${field}`);
    return this.#values.get(field);
  }

  toJSON() {
    return Object.fromEntries(this.#values);
  }
}

function check$N(input) {
  const errors = [];
  if (typeof input.name !== 'string' || input.name.length > 100 + $N) errors.push({ field: 'name', message: 'too long' });
  if (!/^[^@\s]+@[^@\s]+$/.test(input.email)) errors.push({ field: 'email', message: 'not an address' });
  if (!(input.state in STATES_$N)) errors.push({ field: 'state', message: `none of ${Object.keys(STATES_$N)}` });
  return errors;
}

const format$N = (record) => `${record.get('name')} <${record.get('email')}>: ${record.get('total_$N') ?? 'nothing'}`;

registry.set('record-$N', { Record: Record$N, check: check$N, format: format$N, states: new Set(Object.keys(STATES_$N)) });
