/**
 * Deletes what is old from the bot platform's log tables. Meant to be called by a schedule. The twin of `cleanup-logs`.
 *
 * | table | kept for | setting |
 * |---|---|---|
 * | `verification_log`, `api_call_log`, `admin_logs` | 90 days | `LOG_RETENTION_DAYS` |
 * | `admin_audit_log` | 365 days | `AUDIT_RETENTION_DAYS` |
 *
 * A setting is a whole number of days, 1 to 36500.
 *
 * `POST` deletes and answers `{"deleted":{"verification_log":120,…},"total":137}`. `POST ?dry_run=true` counts what would be deleted and
 * answers the same with `"dry_run":true`. A table that is not there is `null`. Any other method is a `405`.
 *
 * Rows go in batches, each a statement of its own: nobody waits long for a lock, and what was deleted stays deleted where the time runs
 * out. Call it again then.
 *
 * It acts for the platform, not for its caller. Deploy it with `"capabilities": {"sql": "service"}` and `"auth": "service"`.
 */
import { config, sql } from 'wasmforge';

/** Rows that one statement deletes. */
const BATCH = 5_000;

/** The tables, and the columns that tell how old a row is. */
const TABLES = [
  { name: 'verification_log', age: 'timestamp', kind: 'log' },
  { name: 'api_call_log', age: 'timestamp', kind: 'log' },
  { name: 'admin_logs', age: 'timestamp', kind: 'log' },
  { name: 'admin_audit_log', age: 'created_at', kind: 'audit' },
];

const db = sql.asService();

export default async function (request) {
  if (request.method !== 'POST') return refusal(405, 'the method here is POST');
  const dryRun = new URL(request.url).searchParams.get('dry_run') ?? 'false';
  if (dryRun !== 'true' && dryRun !== 'false') return refusal(400, 'dry_run is true or false');
  const clean = dryRun === 'true' ? count : remove;
  const days = { log: setting('LOG_RETENTION_DAYS', 90), audit: setting('AUDIT_RETENTION_DAYS', 365) };
  const deleted = {};
  for (const table of TABLES) {
    deleted[table.name] = (await exists(table)) ? await clean(table, days[table.kind]) : null;
  }
  const total = Object.values(deleted).reduce((sum, rows) => sum + (rows ?? 0), 0);
  return Response.json({ deleted, total, ...(dryRun === 'true' && { dry_run: true }) });
}

function refusal(status, error) {
  return Response.json({ error }, { status });
}

function setting(name, otherwise) {
  const text = config.get(name);
  if (text === undefined) return otherwise;
  const days = Number(text);
  if (Number.isInteger(days) && days >= 1 && days <= 36_500) return days;
  throw new Error(`${name} is not a number of days from 1 to 36500: ${JSON.stringify(text)}`);
}

function exists({ name }) {
  return db`SELECT to_regclass(${`public.${name}`}) IS NOT NULL`.value();
}

/** The rows of a table that are older than this. */
function old({ age }, days) {
  return db`${db.identifier(age)} < now() - make_interval(days => ${days})`;
}

function count(table, days) {
  return db`SELECT count(*) FROM public.${db.identifier(table.name)} WHERE ${old(table, days)}`.value();
}

async function remove(table, days) {
  const name = db.identifier(table.name);
  let deleted = 0;
  for (;;) {
    const { count } = await db`
      DELETE FROM public.${name} WHERE ctid = ANY (ARRAY(
        SELECT ctid FROM public.${name} WHERE ${old(table, days)} LIMIT ${BATCH}))`;
    deleted += count;
    if (count < BATCH) return deleted;
  }
}
