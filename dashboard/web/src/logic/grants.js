// A function's grants, between the object that the API knows and the controls of a form.
//
// Every grant has three ways to be: left at its default, narrowed to a list, or one of a few words. An unknown key, or one
// in a shape that the form has no controls for, is kept as it is.

const SERVICE = [
  ['', 'Default: as the caller'],
  ['caller', 'As the caller'],
  ['service', 'As the platform too'],
  ['none', 'Not at all'],
];

/** `{key, label, kind: 'choice' | 'list', choices?, all?, hint}`; `list` may be anything, nothing, or what the list names. */
export const GRANTS = [
  {
    key: 'http',
    label: 'Outbound HTTP',
    kind: 'list',
    all: 'Default: the public internet',
    hint: 'Hosts: api.example.com, *.example.org:8443',
  },
  {
    key: 'secrets',
    label: 'Secrets',
    kind: 'list',
    all: 'Default: those that are not reserved',
    every: 'All, reserved ones too',
    hint: 'Names, such as MAIL_KEY',
  },
  { key: 'sql', label: 'SQL', kind: 'choice', choices: SERVICE },
  { key: 'rest', label: 'Records (PostgREST)', kind: 'choice', choices: SERVICE },
  {
    key: 'storage',
    label: 'Storage',
    kind: 'list',
    all: 'Default: every bucket, as the caller',
    hint: 'Buckets',
    service: true,
  },
  {
    key: 'auth',
    label: 'Who the caller is',
    kind: 'choice',
    choices: [
      ['', 'Default: may ask'],
      ['caller', 'May ask'],
      ['none', 'Not at all'],
    ],
  },
  { key: 'realtime', label: 'Realtime', kind: 'list', all: 'Default: every channel', hint: 'Channels: news, chat:*' },
  { key: 'functions', label: 'Other functions', kind: 'list', all: 'Default: every function', hint: 'Slugs' },
  { key: 'keyvalue', label: 'Key-value', kind: 'list', all: 'Default: every bucket of its own', hint: 'Buckets' },
  {
    key: 'ai',
    label: 'AI models',
    kind: 'list',
    all: 'Default: all that the operator allows',
    hint: 'Models: openai/gpt-4o-mini, anthropic/*',
  },
  {
    key: 'log',
    label: 'Log',
    kind: 'choice',
    choices: [
      ['', 'Default: every line'],
      ['trace', 'From trace'],
      ['debug', 'From debug'],
      ['info', 'From info'],
      ['warn', 'From warn'],
      ['error', 'From error'],
    ],
  },
];

/** Under which name a list stands within its grant; the others are lists themselves. */
const LIST_IN = { http: 'hosts', storage: 'buckets', ai: 'models' };

/** What a form's controls begin with: `{mode: '' | 'every' | 'list' | word, list: [...], service}`. */
export function controlsOf({ key, kind }, grant) {
  if (grant === undefined || grant === null) {
    return { mode: '', list: [], service: false };
  }
  if (kind === 'choice') {
    return { mode: key === 'log' ? (grant.level ?? '') : grant, list: [], service: false };
  }
  if (grant === 'all') {
    return { mode: 'every', list: [], service: false };
  }
  const inner = LIST_IN[key];
  const list = inner ? grant[inner] : grant;
  return { mode: Array.isArray(list) ? 'list' : '', list: list ?? [], service: grant.as === 'service' };
}

/** The grant of controls; `undefined` for the default. */
export function grantOf({ key, kind }, { mode, list, service }) {
  if (kind === 'choice') {
    return mode === '' ? undefined : key === 'log' ? { level: mode } : mode;
  }
  if (mode === 'every') {
    return 'all';
  }
  const inner = LIST_IN[key];
  const as = service ? { as: 'service' } : {};
  if (mode !== 'list') {
    return service ? as : undefined;
  }
  return inner ? { ...as, [inner]: list } : list;
}

/** All grants of a form, `null` for defaults only. `controls(key)` gives those of one; other keys of `before` are kept. */
export function grantsOf(controls, before) {
  const known = new Set(GRANTS.map(({ key }) => key));
  const kept = Object.entries(before ?? {}).filter(([key]) => !known.has(key));
  const set = GRANTS.map((grant) => [grant.key, grantOf(grant, controls(grant.key))]).filter(
    ([, value]) => value !== undefined,
  );
  const all = Object.fromEntries([...kept, ...set]);
  return Object.keys(all).length ? all : null;
}

/** Words apart by commas, spaces or lines. */
export function words(typed) {
  return typed.split(/[\s,]+/).filter((word) => word !== '');
}
