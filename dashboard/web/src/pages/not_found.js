import { to } from '../router.js';
import { linkButton } from '../ui/button.js';
import { head } from '../ui/page.js';
import { empty } from '../ui/state.js';

/** An address that is no page. */
export function notFoundPage() {
  return {
    title: 'Not found',
    content: [
      head('Not found'),
      empty(
        'There is no such page',
        'The address may be mistyped or old.',
        linkButton('Functions', to('/functions'), { kind: 'primary' }),
      ),
    ],
  };
}
