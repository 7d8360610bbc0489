import assert from 'node:assert/strict';

const PAGES = [
  '/functions',
  '/new',
  '/functions/seen',
  '/functions/seen/logs',
  '/functions/seen/invocations',
  '/functions/seen/versions',
  '/functions/seen/settings',
  '/invocations',
  '/logs',
  '/schedules',
  '/triggers',
  '/jobs',
  '/secrets',
  '/audit',
  '/nodes',
  '/no/such/page',
];

/** Every page in one way to look at it: nothing that keeps people out, nothing that is wider than the screen. */
export default async function (operator, page, { colorScheme, width }) {
  await page.emulateMedia({ colorScheme });
  await page.setViewportSize({ width, height: 840 });
  await operator.function('seen', "export default () => { console.log('a line'); return new Response('seen'); }\n");
  await operator.call('seen');
  await operator.visit('/');
  await operator.isAt('Sign in to Wasmforge');
  await operator.accessible('signing in');
  await operator.signIn();
  for (const path of PAGES) {
    await operator.visit(path);
    await page.getByRole('heading', { level: 1 }).waitFor();
    await page.waitForFunction(() => !document.querySelector('.skeleton'));
    await operator.accessible(path);
    const beyond = await page.evaluate(
      () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
    );
    assert.ok(beyond <= 0, `${path} is ${beyond} wider than a screen of ${width}`);
  }
}
