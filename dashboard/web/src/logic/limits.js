// The limits that a function may have, and how people write them.

/** `[name, label, unit]`, in the order of the form. */
export const LIMITS = [
  ['wallMs', 'Wall clock', 'ms'],
  ['cpuMs', 'CPU time', 'ms'],
  ['memoryMib', 'Memory', 'MiB'],
  ['concurrency', 'At once', 'invocations'],
  ['requestBodyMib', 'Request body', 'MiB'],
  ['responseBodyMib', 'Response body', 'MiB'],
  ['fuel', 'Fuel', 'instructions'],
  ['sqlRows', 'SQL rows', 'per result'],
  ['sqlMib', 'SQL result', 'MiB'],
];

/** The limits of a form, `null` where there are none; what the form does not know is left as it was. */
export function limitsOf(values, before) {
  const known = new Set(LIMITS.map(([name]) => name));
  const kept = Object.entries(before ?? {}).filter(([name]) => !known.has(name));
  const typed = LIMITS.filter(([name]) => (values[name] ?? '').trim() !== '').map(([name]) => [
    name,
    Number(values[name]),
  ]);
  const all = Object.fromEntries([...kept, ...typed]);
  return Object.keys(all).length ? all : null;
}
