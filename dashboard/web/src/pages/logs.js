import { h } from '../dom/element.js';
import { liveLog } from '../ui/live_log.js';
import { logSearch } from '../ui/log_search.js';
import { head } from '../ui/page.js';

/** What all functions write and have written. */
export function logsPage({ signal }) {
  return {
    title: 'Logs',
    content: [head('Logs'), h('div', { class: 'stack' }, liveLog({ signal }), logSearch({ signal }))],
  };
}
