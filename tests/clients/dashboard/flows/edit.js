import assert from 'node:assert/strict';

const CODE = (word) =>
  `export default function () {\n  console.log('saying ${word}');\n  return new Response('${word}');\n}\n`;

/** A function is edited wrongly, then rightly, tried, watched and rolled back. */
export default async function (operator, page) {
  await operator.function('edited', CODE('first'));
  await operator.signIn('/functions/edited');
  await operator.editor().getByText('saying first').waitFor();

  await operator.type('export default function () {\n  const b = (2;\n}\n');
  await page.getByText('Not deployed', { exact: true }).waitFor();
  await page.getByRole('button', { name: 'Deploy' }).click();
  const problem = page.getByRole('alert').filter({ hasText: /Line 2, column \d+/ });
  await problem.waitFor();
  assert.equal(await page.locator('.editor .cm-wrongLine').textContent(), '  const b = (2;');
  assert.equal(await operator.call('edited'), 'first', 'a bad deploy has replaced a good one');

  await operator.type(CODE('second'));
  await page.keyboard.press('Control+s');
  await operator.told('is live');
  await page.getByText('No changes', { exact: true }).waitFor();
  assert.equal(await problem.count(), 0);

  await page.getByText('Live', { exact: true }).waitFor();
  await page.getByRole('button', { name: 'Send' }).click();
  await page.getByLabel('Body of the answer').getByText('second').waitFor();
  await page.getByLabel('Lines of the log').getByText('saying second').waitFor();

  await page.getByRole('link', { name: 'Versions' }).click();
  await page.getByRole('button', { name: 'Compare version 2' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByText("return new Response('first')").waitFor();
  await dialog.getByText("return new Response('second')").waitFor();
  await page.keyboard.press('Escape');

  await page.getByRole('button', { name: 'Roll back to version 1' }).click();
  await operator.told('edited runs version 1 in place of 2');
  assert.equal(await operator.call('edited'), 'first');
  await page.getByRole('button', { name: 'Make live: version 2' }).click();
  await operator.told('edited runs version 2 in place of 1');
  assert.equal(await operator.call('edited'), 'second');
}
