import assert from 'node:assert/strict';

/** A wrong password, a right one, a reload, signing out, a wrong key, a right one. */
export default async function (operator, page, { username, password, apiKey }) {
  await operator.visit('/secrets');
  await operator.isAt('Sign in to Wasmforge');
  await page.getByLabel('User name').fill(username);
  await page.getByLabel('Password').fill(`${password}!`);
  await page.keyboard.press('Enter');
  await page.getByRole('alert').getByText('The user name or the password is wrong').waitFor();
  assert.deepEqual(await stored(page), [], 'a wrong password leaves nothing behind');

  await page.getByLabel('Password').fill(password);
  await page.keyboard.press('Enter');
  await operator.isAt('Secrets');
  assert.ok(!(await everythingStored(page)).includes(password), 'the password is kept');
  assert.ok(!(await everythingStored(page)).includes('eyJ'), 'the access token is kept');

  await page.reload();
  await operator.isAt('Secrets');

  await page.getByRole('button', { name: 'Sign out' }).click();
  await operator.isAt('Sign in to Wasmforge');
  assert.deepEqual(await stored(page), [], 'signing out leaves something behind');
  await page.reload();
  await operator.isAt('Sign in to Wasmforge');

  await page.getByRole('button', { name: 'Use an API key' }).click();
  await page.getByLabel('API key').fill(`ik_${'0'.repeat(64)}`);
  await page.keyboard.press('Enter');
  await page.getByRole('alert').getByText('This API key is not accepted').waitFor();
  await page.getByLabel('API key').fill(apiKey);
  await page.keyboard.press('Enter');
  await operator.isAt('Secrets');
  await page.reload();
  await operator.isAt('Secrets');
  // Another tab is another matter.
  const other = await page.context().newPage();
  await other.goto(page.url());
  await other.getByRole('heading', { name: 'Sign in to Wasmforge' }).waitFor();
  await other.close();
}

async function stored(page) {
  return page.evaluate(() => [...Object.keys(sessionStorage), ...Object.keys(localStorage)]);
}

async function everythingStored(page) {
  return page.evaluate(() => JSON.stringify([{ ...sessionStorage }, { ...localStorage }]));
}
