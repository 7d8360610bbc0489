import assert from 'node:assert/strict';

/** Limits and grants are set, seen by the platform, and taken back; then the function is deleted. */
export default async function (operator, page) {
  await operator.function('limited', "export default () => new Response('here');\n");
  await operator.signIn('/functions/limited/settings');
  await page.getByLabel('Wall clock, ms').fill('5000');
  await page.getByRole('button', { name: 'Save limits' }).click();
  await operator.told('Settings of limited are saved');
  assert.deepEqual((await operator.api('GET', '/api/functions/limited')).limits, { wallMs: 5000 });

  await page.getByLabel('Outbound HTTP', { exact: true }).selectOption('list');
  await page.getByLabel('Outbound HTTP: these only').fill('api.example.com, *.example.org');
  await page.getByLabel('SQL', { exact: true }).selectOption('none');
  await page.getByRole('button', { name: 'Save grants' }).click();
  await page.waitForFunction(() => document.querySelectorAll('.toast').length >= 2);
  const { capabilities } = await operator.api('GET', '/api/functions/limited');
  assert.deepEqual(capabilities, { http: { hosts: ['api.example.com', '*.example.org'] }, sql: 'none' });

  await page.getByLabel('Outbound HTTP: these only').fill('not a host!');
  await page.getByRole('button', { name: 'Save grants' }).click();
  await page.getByRole('alert').getByText('capabilities').waitFor();

  await page.getByRole('button', { name: 'Delete the function' }).click();
  await page.getByRole('dialog').getByLabel('Type limited to go on').fill('limited');
  await page.getByRole('dialog').getByRole('button', { name: 'Delete', exact: true }).click();
  await operator.isAt('Functions');
  const response = await fetch(`${operator.given.platform}/functions/limited`);
  assert.equal(response.status, 404);
}
