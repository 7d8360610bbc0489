import assert from 'node:assert/strict';

/** A secret is created, refused, shown, changed and deleted. */
export default async function (operator, page) {
  await operator.signIn('/secrets');
  await operator.isAt('Secrets');
  const create = async (name, value) => {
    await page.getByRole('button', { name: 'New secret' }).click();
    const dialog = page.getByRole('dialog', { name: 'New secret' });
    await dialog.getByLabel('Name').fill(name);
    await dialog.getByLabel('Value').fill(value);
    await dialog.getByRole('button', { name: 'Create' }).click();
    return dialog;
  };
  await create('MAIL_KEY', 'of-the-post-office');
  await operator.told('Secret MAIL_KEY is created');
  const row = page.getByRole('row').filter({ hasText: 'MAIL_KEY' });
  await row.waitFor();
  assert.ok(!(await page.content()).includes('of-the-post-office'), 'a value is there that nobody asked for');

  // Twice is refused, where it was asked.
  const dialog = await create('MAIL_KEY', 'again');
  await dialog.getByRole('alert').waitFor();
  await page.keyboard.press('Escape');

  await page.getByRole('button', { name: 'Show MAIL_KEY' }).click();
  await page.getByRole('dialog').getByText('of-the-post-office').waitFor();
  await page.keyboard.press('Escape');

  await page.getByRole('button', { name: 'Change MAIL_KEY' }).click();
  await page.getByRole('dialog').getByLabel('New value').fill('of-another-office');
  await page.getByRole('dialog').getByRole('button', { name: 'Save' }).click();
  await operator.told('Secret MAIL_KEY is changed');
  assert.equal((await operator.api('GET', '/api/secrets/MAIL_KEY')).value, 'of-another-office');

  await page.getByRole('button', { name: 'Delete MAIL_KEY' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click();
  await operator.told('Secret MAIL_KEY is deleted');
  await row.waitFor({ state: 'detached' });

  // Every bit of it is in the audit log.
  await page.getByRole('link', { name: 'Audit log' }).click();
  await operator.isAt('Audit log');
  for (const action of ['CREATE_SECRET', 'GET_SECRET', 'UPDATE_SECRET', 'DELETE_SECRET']) {
    await page.getByRole('cell', { name: action, exact: true }).first().waitFor();
  }
}
