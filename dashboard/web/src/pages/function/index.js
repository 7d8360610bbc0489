import { h } from '../../dom/element.js';
import { patch } from '../../dom/patch.js';
import { call } from '../../api/client.js';
import { to } from '../../router.js';
import { badge, stateBadge } from '../../ui/badge.js';
import { linkButton } from '../../ui/button.js';
import { head, tabs } from '../../ui/page.js';
import { failure } from '../../ui/state.js';
import { ago } from '../../ui/time.js';
import { notFoundPage } from '../not_found.js';
import { codeTab } from './code.js';
import { invocationsTab } from './invocations.js';
import { logsTab } from './logs.js';
import { settingsTab } from './settings.js';
import { versionsTab } from './versions.js';

const TABS = [
  ['code', 'Code', codeTab],
  ['logs', 'Logs', logsTab],
  ['invocations', 'Invocations', invocationsTab],
  ['versions', 'Versions', versionsTab],
  ['settings', 'Settings', settingsTab],
];

/** One function. Its tabs share `subject`: the function as it was read last, and the mark of that state. */
export async function functionPage(context) {
  const { slug, tab = 'code' } = context.params;
  const found = TABS.find(([id]) => id === tab);
  if (!found) {
    return notFoundPage();
  }
  const base = to(`/functions/${encodeURIComponent(slug)}`);
  const links = TABS.map(([id, label]) => [label, id === 'code' ? base : `${base}/${id}`]);
  const title = `${slug}${tab === 'code' ? '' : `: ${found[1]}`}`;
  let subject;
  try {
    subject = await read(slug, context.signal);
  } catch (error) {
    if (error.name !== 'ApiError') {
      throw error;
    }
    return { title, content: [head(slug, { back: ['Functions', to('/functions')] }), failure(error)] };
  }
  const top = h('div', {}, summary(subject));
  subject.onchange = () => patch(top, summary(subject));
  const content = [
    top,
    tabs('Parts of the function', links, tab === 'code' ? base : `${base}/${tab}`),
    found[2](subject, context),
  ];
  return { title, content };
}

async function read(slug, signal) {
  const path = `/api/functions/${encodeURIComponent(slug)}`;
  const subject = { slug, path, onchange: () => {} };
  /** Reads the function again. */
  subject.reload = async () => {
    const { data, headers } = await call('GET', path, { signal });
    subject.take(data, headers.get('etag'));
  };
  /** Takes what a write has answered; the mark is read anew where the answer has none. */
  subject.take = (data, etag) => {
    subject.data = data;
    subject.etag = etag;
    subject.onchange();
  };
  /** The header that lets a write through only while nobody else has written. */
  subject.ifMatch = () => (subject.etag ? { 'if-match': subject.etag } : {});
  await subject.reload();
  return subject;
}

function summary({ data, slug }) {
  const canary = data.traffic?.canary;
  const about = [
    stateBadge(data.status),
    data.version !== undefined && h('span', {}, `version ${data.traffic?.live ?? data.version}`),
    canary && badge('info', `canary: version ${canary.version}, ${canary.percent} %`),
    h('span', {}, 'deployed ', ago(data.deployedAt ?? data.updatedAt)),
    data.description && h('span', {}, data.description),
  ];
  const open = linkButton('Open', `/functions/${slug}`, {
    sign: 'external',
    target: '_blank',
    rel: 'noopener noreferrer',
  });
  return head(slug, { back: ['Functions', to('/functions')], about, actions: [open] });
}
