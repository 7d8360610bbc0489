// Uses the dashboard in Chromium: `node flow.js NAME` runs `flows/NAME.js`.
//
// Standard input is one JSON object: `platform`, the node's URL; `apiKey`, `username` and `password` of its administrator;
// `chromium`, the browser's program; and what the flow asks for besides.
//
// It ends with 0 if everything was as it should be. Whatever the page complains about is a failure: an error in the console, a violation of
// its policy, an exception that nobody caught.

import { text } from 'node:stream/consumers';
import { open } from './browser.js';
import { Operator } from './operator.js';

const [, , name] = process.argv;
const given = JSON.parse(await text(process.stdin));
const { default: flow, expected = [] } = await import(`./flows/${name}.js`);
const { browser, page, complaints } = await open(given.chromium);
try {
  await flow(new Operator(page, given), page, given);
  const unexpected = complaints.filter((complaint) => !expected.some((pattern) => pattern.test(complaint)));
  if (unexpected.length > 0) {
    throw new Error(`The page complained:\n${unexpected.join('\n')}`);
  }
} catch (error) {
  console.error(error.stack ?? error);
  console.error(`The page was ${page.url()}:\n${await seen(page)}\nIt complained of:\n${complaints.join('\n')}`);
  process.exitCode = 1;
} finally {
  await browser.close();
}

/** What a screen reader would have found. */
async function seen(page) {
  return page
    .locator('body')
    .ariaSnapshot({ timeout: 2000 })
    .catch((error) => error.message);
}
