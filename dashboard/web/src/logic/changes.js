// What is different between two versions' settings, in words.

const NAMES = { capabilities: 'grants', auth: 'callers' };

/** `limits.wallMs: 5000 → 10000`; of code only that it changed. */
export function changeText({ field, from, to }) {
  if (field === 'module') {
    return 'code';
  }
  const [first, ...rest] = field.split('.');
  return `${[NAMES[first] ?? first, ...rest].join('.')}: ${value(from)} → ${value(to)}`;
}

/** A setting as one line. */
export function value(setting) {
  if (setting === null || setting === undefined) {
    return 'default';
  }
  return typeof setting === 'string' ? setting : JSON.stringify(setting);
}

/** The settings that two versions have differently: `[{field, from, to}]`. */
export function settingChanges(before, after) {
  return ['kind', 'auth', 'limits', 'capabilities']
    .map((field) => ({ field, from: before[field] ?? null, to: after[field] ?? null }))
    .filter(({ from, to }) => JSON.stringify(sorted(from)) !== JSON.stringify(sorted(to)));
}

/** Objects are alike whatever the order of their keys. */
function sorted(setting) {
  if (Array.isArray(setting)) {
    return setting.map(sorted);
  }
  if (setting === null || typeof setting !== 'object') {
    return setting;
  }
  return Object.fromEntries(
    Object.keys(setting)
      .sort()
      .map((key) => [key, sorted(setting[key])]),
  );
}
