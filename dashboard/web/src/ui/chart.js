import { svg } from '../dom/element.js';
import { plural } from '../logic/format.js';

const WIDTH = 120;
const HEIGHT = 28;

/** Calls over time as bars, with those that failed at their foot. Its name says the same in words. */
export function sparkline(buckets, { calls, errors }, period) {
  const most = Math.max(1, ...buckets.map((bucket) => bucket.calls));
  const step = WIDTH / Math.max(buckets.length, 1);
  const bar = (bucket, index) => {
    const all = bucket.calls ? Math.max((bucket.calls / most) * HEIGHT, 2) : 0;
    const bad = bucket.errors ? Math.max((bucket.errors / most) * HEIGHT, 2) : 0;
    const at = { x: (index * step + 0.5).toFixed(2), width: Math.max(step - 1, 1).toFixed(2) };
    return [
      all > 0 && svg('rect', { ...at, y: HEIGHT - all, height: all, rx: 0.75, class: 'spark-calls' }),
      bad > 0 && svg('rect', { ...at, y: HEIGHT - bad, height: bad, rx: 0.75, class: 'spark-errors' }),
    ];
  };
  const label = `${plural(calls, 'call')}, ${plural(errors, 'error')} in the last ${period}`;
  return svg(
    'svg',
    {
      class: 'spark',
      viewBox: `0 0 ${WIDTH} ${HEIGHT}`,
      role: 'img',
      'aria-label': label,
      preserveAspectRatio: 'none',
    },
    svg('title', {}, label),
    svg('rect', { x: 0, y: HEIGHT - 0.75, width: WIDTH, height: 0.75, class: 'spark-base' }),
    buckets.map(bar),
  );
}

/** Where in a whole something took place: a bar on a line. All in the same unit. */
export function span(start, length, whole, tone) {
  const scale = 100 / Math.max(whole, 1);
  const x = Math.min(start * scale, 99.2);
  const width = Math.max(Math.min(length * scale, 100 - x), 0.8);
  return svg(
    'svg',
    { class: 'span', viewBox: '0 0 100 8', preserveAspectRatio: 'none', 'aria-hidden': 'true' },
    svg('rect', { x: 0, y: 3.5, width: 100, height: 1, class: 'span-base' }),
    svg('rect', { x, y: 0.5, width, height: 7, class: `span-bar span-${tone}` }),
  );
}
