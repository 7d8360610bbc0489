import assert from 'node:assert/strict';

/** A call that is answered later is found, looked at and deleted; a trigger is refused, created, paused and deleted. */
export default async function (operator, page, { platform }) {
  await operator.function('later', 'export default async (request) => new Response(`got ${await request.text()}`);\n');
  const accepted = await fetch(`${platform}/functions/later`, {
    method: 'POST',
    headers: { prefer: 'respond-async', 'content-type': 'text/plain' },
    body: 'a parcel',
  });
  assert.equal(accepted.status, 202);
  await operator.signIn('/jobs');
  const row = page.getByRole('row').filter({ hasText: 'later' });
  await row.waitFor();
  await refreshedUntil(page, row.getByText('succeeded'));
  await page.getByLabel('Status').selectOption('dead');
  await page.getByText('No such jobs').waitFor();
  await page.getByLabel('Status').selectOption('succeeded');
  await row.getByRole('link', { name: 'later' }).click();
  await operator.isAt(/^Job /);
  await page.getByText('got a parcel').waitFor();
  await page.getByRole('button', { name: 'Delete the job of later' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click();
  await operator.told('The job is deleted');
  await operator.isAt('Jobs');

  await page.getByRole('link', { name: 'Triggers' }).click();
  await page.getByRole('button', { name: 'New trigger' }).first().click();
  const dialog = page.getByRole('dialog', { name: 'New trigger' });
  await dialog.getByLabel('Name').fill('On notes');
  await dialog.getByLabel('Table').fill('nowhere');
  await dialog.getByLabel('Function').fill('later');
  await dialog.getByRole('button', { name: 'Create' }).click();
  await dialog.getByRole('alert').waitFor();
  await dialog.getByLabel('Table').fill('notes');
  await dialog.getByRole('button', { name: 'Create' }).click();
  await operator.told('On notes is created');
  await page.getByRole('cell', { name: 'public.notes' }).waitFor();
  await page.getByRole('button', { name: 'Pause On notes' }).click();
  await operator.told('On notes is paused');
  await page.getByRole('button', { name: 'Delete On notes' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click();
  await operator.told('On notes is deleted');
  await page.getByText('No triggers').waitFor();
}

/** Presses Refresh until something is there. */
async function refreshedUntil(page, wanted) {
  for (let attempt = 0; attempt < 40 && (await wanted.count()) === 0; attempt += 1) {
    await page.getByRole('button', { name: 'Refresh' }).click();
    await page.waitForTimeout(500);
  }
  await wanted.waitFor();
}
