import assert from 'node:assert/strict';

/** A schedule is refused, created, looked at, paused and deleted. */
export default async function (operator, page, { platform }) {
  await operator.function('due', "export default () => new Response('done');\n");
  await operator.signIn('/schedules');
  await operator.isAt('Schedules');
  await page.getByRole('button', { name: 'New schedule' }).first().click();
  const dialog = page.getByRole('dialog', { name: 'New schedule' });
  await dialog.getByLabel('Name', { exact: true }).fill('Nightly');
  await dialog.getByLabel('When').fill('at midnight');
  await dialog.getByLabel('Time zone').fill('Europe/Berlin');
  await dialog.getByLabel('URL').fill(`${platform}/functions/due`);
  await dialog.getByRole('button', { name: 'Create' }).click();
  await dialog.getByRole('alert').waitFor();

  await dialog.getByLabel('When').fill('30 3 * * *');
  await dialog.getByRole('button', { name: 'Create' }).click();
  await operator.told('The schedule is created');
  await operator.isAt('Nightly');
  const next = page
    .getByRole('region')
    .or(page.locator('section'))
    .filter({ hasText: 'Next runs' })
    .getByRole('listitem');
  await next.first().waitFor();
  assert.equal(await next.count(), 5);

  await page.getByRole('button', { name: 'Run now' }).click();
  await operator.told('Nightly runs now');
  await page.getByRole('button', { name: 'Pause' }).click();
  await operator.told('Nightly is paused');
  await page.getByText('It is paused.').waitFor();

  await page.getByRole('button', { name: 'Delete' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click();
  await operator.told('Nightly is deleted');
  await operator.isAt('Schedules');
  await page.getByText('No schedules').waitFor();
}
