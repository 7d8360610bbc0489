// Runs the web platform tests (https://web-platform-tests.org) in JavaScript functions, and writes the rates into
// docs/web-platform.md.
//
//   node run.js --wpt FOLDER [--wasmforge BINARY] [--only PREFIX] [--failures]
import { readFile, writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { AREAS, scriptsOf, testsOf } from './suite.js';
import { serveFiles, startFunction } from './servers.js';
import { insertTable, table } from './report.js';

const DOCUMENT = new URL('../../docs/web-platform.md', import.meta.url);

const { values: options } = parseArgs({
  options: {
    wpt: { type: 'string' },
    wasmforge: { type: 'string', default: process.env.WASMFORGE_BIN ?? 'wasmforge' },
    only: { type: 'string' },
    failures: { type: 'boolean', default: false },
  },
});
if (!options.wpt) throw new Error('--wpt FOLDER: a checkout of https://github.com/web-platform-tests/wpt');

async function runOne(server, files, test) {
  const body = JSON.stringify({
    url: `${files}/${test.path}${test.variant}`,
    scripts: await scriptsOf(options.wpt, test),
  });
  try {
    const response = await fetch(server.url, { method: 'POST', body, signal: AbortSignal.timeout(60_000) });
    const text = await response.text();
    return response.ok ? JSON.parse(text) : { harness: `${response.status}: ${text.slice(0, 200)}`, tests: [] };
  } catch (error) {
    return { harness: String(error), tests: [] };
  }
}

function say({ path, variant }, { harness, tests }) {
  const passed = tests.filter(({ status }) => status === 'pass').length;
  console.log(`${passed}/${tests.length} ${path}${variant}${harness ? ` (${harness})` : ''}`);
  if (!options.failures) return;
  for (const { name, status, message } of tests) if (status !== 'pass') console.log(`    ${status}: ${name}: ${message}`);
}

const files = await serveFiles(options.wpt);
const server = await startFunction(options.wasmforge, new URL('harness.js', import.meta.url));
const rates = [];
try {
  for (const area of AREAS) {
    const rate = { area, passed: 0, total: 0, broken: 0 };
    for (const test of await testsOf(options.wpt, area)) {
      if (options.only && !test.path.startsWith(options.only)) continue;
      const result = await runOne(server, files.url, test);
      say(test, result);
      rate.total += result.tests.length;
      rate.passed += result.tests.filter(({ status }) => status === 'pass').length;
      if (result.tests.length === 0) rate.broken += 1;
    }
    rates.push(rate);
  }
} finally {
  server.stop();
  files.stop();
}
console.log(table(rates));
if (options.only === undefined) await writeFile(DOCUMENT, insertTable(await readFile(DOCUMENT, 'utf8'), table(rates)));
