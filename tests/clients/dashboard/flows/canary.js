import assert from 'node:assert/strict';

const CODE = (word) => `export default () => new Response('${word}');\n`;

/** A version is deployed without requests, tried by its number, given a share, and made live. */
export default async function (operator, page) {
  await operator.function('split', CODE('old'));
  await operator.signIn('/functions/split');
  await operator.editor().getByText('old').waitFor();
  await operator.type(CODE('new'));
  await page.getByLabel('Share of requests for the new version').selectOption('Only by name');
  await page.getByRole('button', { name: 'Deploy' }).click();
  await operator.told('can be called by name');
  assert.equal(await operator.call('split'), 'old');

  await page.getByText('Headers, caller and version').click();
  await page.getByLabel('Version', { exact: true }).fill('2');
  await page.getByRole('button', { name: 'Send' }).click();
  await page.getByLabel('Body of the answer').getByText('new').waitFor();

  await page.getByRole('link', { name: 'Versions' }).click();
  const percent = page.getByLabel('Percent');
  await page.getByLabel('Version', { exact: true }).fill('2');
  await percent.fill('100');
  await page.getByRole('button', { name: /^(Start a canary|Change the share)$/ }).click();
  await operator.told('Version 2 of split gets 100 %');
  assert.equal(await operator.call('split'), 'new');

  await page.getByRole('button', { name: 'End the canary' }).click();
  await operator.told('All requests to split go to version 1');
  assert.equal(await operator.call('split'), 'old');

  await page.getByLabel('Version', { exact: true }).fill('2');
  await percent.fill('10');
  await page.getByRole('button', { name: 'Start a canary' }).click();
  await operator.told('Version 2 of split gets 10 %');
  await page.getByRole('button', { name: 'Make it live', exact: true }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Make it live' }).click();
  await operator.told('Version 2 of split is live');
  assert.equal(await operator.call('split'), 'new');
}
