// Every address and its page. A page is `(context) => {title, content}`, or a promise of it; `context` has `params`, `query`,
// `signal`, which ends when the page is left, and `guard`.

import { auditPage } from './audit.js';
import { functionPage } from './function/index.js';
import { functionsPage } from './functions.js';
import { invocationPage } from './invocation.js';
import { invocationsPage } from './invocations.js';
import { jobPage } from './job.js';
import { jobsPage } from './jobs.js';
import { logsPage } from './logs.js';
import { newFunctionPage } from './new_function.js';
import { nodesPage } from './nodes.js';
import { schedulePage } from './schedule.js';
import { schedulesPage } from './schedules.js';
import { secretsPage } from './secrets.js';
import { triggersPage } from './triggers.js';

export const ROUTES = [
  ['/', functionsPage],
  ['/functions', functionsPage],
  ['/new', newFunctionPage],
  ['/functions/:slug', functionPage],
  ['/functions/:slug/:tab', functionPage],
  ['/invocations', invocationsPage],
  ['/invocations/:id', invocationPage],
  ['/logs', logsPage],
  ['/schedules', schedulesPage],
  ['/schedules/:id', schedulePage],
  ['/triggers', triggersPage],
  ['/jobs', jobsPage],
  ['/jobs/:id', jobPage],
  ['/secrets', secretsPage],
  ['/audit', auditPage],
  ['/nodes', nodesPage],
];
