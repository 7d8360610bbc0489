import assert from 'node:assert/strict';

const ENDED = {
  status: 401,
  contentType: 'application/json',
  body: '{"error":"AUTH_UNAUTHORIZED","message":"Invalid token","statusCode":401}',
};

/** What this flow provokes. */
export const expected = [/a bug of the page/, /net::ERR_/];

/** Errors of the page, of the platform and of the network are shown, and can be got over. */
export default async function (operator, page) {
  await operator.signIn('/functions');
  await operator.isAt('Functions');

  await page.evaluate(() =>
    setTimeout(() => {
      throw new Error('a bug of the page');
    }),
  );
  const boundary = page.getByRole('alert').filter({ hasText: 'Something is wrong with this page' });
  await boundary.getByText('a bug of the page').first().waitFor();
  await boundary.getByRole('button', { name: 'Dismiss' }).click();
  await boundary.waitFor({ state: 'detached' }).catch(() => {});
  await page.evaluate(() => {
    Promise.reject(new Error('a bug of the page, later'));
  });
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

  // The session ends while somebody is writing: what was written is there again for who signs in again.
  await operator.function('written', "export default () => new Response('before');\n");
  await operator.visit('/functions/written');
  await operator.type('// not deployed yet\n');
  await page.route('**/api/**', (route) => route.fulfill(ENDED));
  await page.getByRole('button', { name: 'Deploy' }).click();
  await page.getByText('Your session has ended').waitFor();
  assert.equal(await page.getByRole('navigation', { name: 'Sections' }).isVisible(), false);
  await page.unroute('**/api/**');
  await page.getByLabel('User name').fill(operator.given.username);
  await page.getByLabel('Password').fill(operator.given.password);
  await page.keyboard.press('Enter');
  await operator.editor().getByText('// not deployed yet').waitFor();
  await page.getByText('Not deployed', { exact: true }).waitFor();

  // Leaving it asks first.
  page.once('dialog', (dialog) => dialog.dismiss());
  await page.getByRole('link', { name: 'Secrets' }).click();
  await operator.editor().getByText('// not deployed yet').waitFor();
}
