import { logSearch } from '../../ui/log_search.js';
import { liveLog } from '../../ui/live_log.js';
import { h } from '../../dom/element.js';

/** What one function writes and has written. */
export function logsTab({ slug }, { signal }) {
  return h('div', { class: 'stack' }, liveLog({ slug, signal }), logSearch({ slug, signal }));
}
