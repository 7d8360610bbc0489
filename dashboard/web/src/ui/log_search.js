import { h } from '../dom/element.js';
import { get } from '../api/client.js';
import { select } from './form.js';
import { filters, period, search, since } from './filters.js';
import { logLine } from './log_line.js';
import { card } from './page.js';
import { pager } from './pager.js';
import { empty } from './state.js';

const LEVELS = [
  ['', 'All'],
  ['trace', 'Trace'],
  ['debug', 'Debug'],
  ['info', 'Info'],
  ['warn', 'Warn'],
  ['error', 'Error'],
];

/** Lines of before, by text, level and time. */
export function logSearch({ slug, signal }) {
  const bar = filters(
    'Lines',
    [
      search('Text', 'text', '', 'part of a message'),
      select('Level', LEVELS, { name: 'level' }),
      !slug && search('Function', 'slug', '', 'slug'),
      period('1440'),
    ],
    () => list.restart(),
  );
  const list = pager({
    signal,
    load: async (cursor) => {
      const { text, level, period: minutes, slug: typed } = bar.values();
      const { lines, nextCursor } = await get(
        '/api/logs/lines',
        { slug: slug ?? typed?.trim(), text, level, since: since(minutes), cursor },
        signal,
      );
      return { rows: lines, nextCursor };
    },
    draw: (lines) =>
      lines.length
        ? h(
            'ol',
            { class: 'lines mono', 'aria-label': 'Lines found, newest first' },
            lines.map((line) => logLine(line, { withSlug: !slug })),
          )
        : empty('No such lines', 'Lines are kept for a while and then deleted. Try a longer time or another text.'),
  });
  return card('Search', {}, bar, list);
}
