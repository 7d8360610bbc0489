// Numbers and moments for people. All digits are meant to be set in tabular figures.

const GROUPED = new Intl.NumberFormat('en');

/** `12,345`; a dash for what is not known. */
export function count(value) {
  return isNumber(value) ? GROUPED.format(value) : '–';
}

/** Whole numbers in as many characters as fit a narrow column: `999`, `12.3 k`, `4.5 M`. */
export function short(value) {
  if (!isNumber(value)) {
    return '–';
  }
  const units = [
    [1e9, 'G'],
    [1e6, 'M'],
    [1e3, 'k'],
  ];
  const [size, unit] = units.find(([size]) => value >= size) ?? [1, ''];
  return unit ? `${significant(value / size)} ${unit}` : String(Math.round(value));
}

/** Bytes by powers of 1024: `512 B`, `1.5 KiB`. */
export function bytes(value) {
  if (!isNumber(value)) {
    return '–';
  }
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  const power = value < 1 ? 0 : Math.min(Math.floor(Math.log2(value) / 10), units.length - 1);
  const scaled = value / 1024 ** power;
  return power === 0 ? `${Math.round(scaled)} B` : `${significant(scaled)} ${units[power]}`;
}

/** A duration that is given in microseconds: `87 µs`, `1.25 ms`, `3.4 s`, `2 min 5 s`. */
export function micros(value) {
  if (!isNumber(value)) {
    return '–';
  }
  if (value < 1000) {
    return `${Math.round(value)} µs`;
  }
  if (value < 1e6) {
    return `${significant(value / 1000)} ms`;
  }
  if (value < 60e6) {
    return `${significant(value / 1e6)} s`;
  }
  const seconds = Math.round(value / 1e6);
  return [
    [Math.floor(seconds / 3600), 'h'],
    [Math.floor((seconds % 3600) / 60), 'min'],
    [seconds % 60, 's'],
  ]
    .filter(([amount]) => amount > 0)
    .slice(0, 2)
    .map(([amount, unit]) => `${amount} ${unit}`)
    .join(' ');
}

/** The same for milliseconds. */
export function millis(value) {
  return isNumber(value) ? micros(value * 1000) : '–';
}

/** How long ago, or in how long: `now`, `12 s ago`, `in 3 h`, `2 d ago`. */
export function relative(moment, now = Date.now()) {
  const at = Date.parse(moment);
  if (Number.isNaN(at)) {
    return '–';
  }
  const seconds = Math.round((at - now) / 1000);
  const size = Math.abs(seconds);
  if (size < 2) {
    return 'now';
  }
  const units = [
    [86_400, 'd'],
    [3600, 'h'],
    [60, 'min'],
    [1, 's'],
  ];
  const [unit, name] = units.find(([unit]) => size >= unit);
  const amount = `${Math.floor(size / unit)} ${name}`;
  return seconds < 0 ? `${amount} ago` : `in ${amount}`;
}

/** `2026-08-19 14:03:05` in the viewer's own time zone. */
export function moment(value) {
  const date = new Date(value);
  if (Number.isNaN(date.getTime())) {
    return '–';
  }
  const two = (number) => String(number).padStart(2, '0');
  const day = `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
  return `${day} ${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
}

/** `14:03:05.067` in the viewer's own time zone, for lines of a log. */
export function clock(value) {
  const date = new Date(value);
  if (Number.isNaN(date.getTime())) {
    return '–';
  }
  return `${moment(date).slice(11)}.${String(date.getMilliseconds()).padStart(3, '0')}`;
}

/** A share in percent: `0 %`, `0.4 %`, `12 %`. */
export function percent(part, whole) {
  if (!whole) {
    return '–';
  }
  const value = (part / whole) * 100;
  return value > 0 && value < 10 ? `${value.toFixed(1).replace('.0', '')} %` : `${Math.round(value)} %`;
}

/** `1 call`, `2 calls`. */
export function plural(amount, one, many = `${one}s`) {
  return `${count(amount)} ${amount === 1 ? one : many}`;
}

/** Three significant digits without trailing zeros. */
function significant(value) {
  const digits = value >= 100 ? 0 : value >= 10 ? 1 : 2;
  return String(Number(value.toFixed(digits)));
}

function isNumber(value) {
  return typeof value === 'number' && Number.isFinite(value);
}

/** The end of an id, which tells those apart that were made one after the other: they begin with the time. */
export function shortId(id) {
  return id.slice(-8);
}
