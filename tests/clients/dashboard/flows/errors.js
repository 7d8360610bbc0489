import assert from 'node:assert/strict';

/** What this flow provokes. */
export const expected = [/a bug of the page/, /net::ERR_/];

/** Errors of the page, of the platform and of the network are shown, and can be got over. */
export default async function (operator, page) {
  await operator.signIn('/functions');
  await operator.isAt('Functions');

  await page.evaluate(() => setTimeout(() => { throw new Error('a bug of the page'); }));
  const boundary = page.getByRole('alert').filter({ hasText: 'Something is wrong with this page' });
  await boundary.getByText('a bug of the page').first().waitFor();
  await boundary.getByRole('button', { name: 'Dismiss' }).click();
  await boundary.waitFor({ state: 'detached' }).catch(() => {});
  await page.evaluate(() => { Promise.reject(new Error('a bug of the page, later')); });
  await boundary.getByText('later').first().waitFor();
  await boundary.getByRole('button', { name: 'Dismiss' }).click();

  await operator.visit('/functions/nobody');
  await page.getByRole('alert').getByText('Function not found').waitFor();
  await operator.visit('/no/such/page');
  await operator.isAt('Not found');

  // The server goes, and comes back.
  await page.route('**/api/**', (route) => route.abort());
  await operator.visit('/nodes');
  await operator.isAt('Sign in to Wasmforge');
  await page.unroute('**/api/**');
  await page.reload();
  await operator.isAt('Nodes');
  await page.route('**/api/nodes', (route) => route.abort());
  await page.getByText('What you see may be old').waitFor();
  await page.unroute('**/api/nodes');
  await page.getByText('What you see may be old').waitFor({ state: 'detached' });

  // The session ends while the page is open.
  await page.route('**/api/**', (route) => route.fulfill({ status: 401, contentType: 'application/json', body: '{"error":"AUTH_UNAUTHORIZED","message":"Invalid token","statusCode":401}' }));
  await page.getByText('Your session has ended').waitFor();
  assert.equal(await page.getByRole('navigation', { name: 'Sections' }).isVisible(), false);
}
