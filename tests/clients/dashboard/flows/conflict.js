import assert from 'node:assert/strict';

const CODE = (word) => `export default () => new Response('${word}');\n`;

/** Two people edit one function: the later one is asked, and nothing is lost unasked. */
export default async function (operator, page) {
  await operator.function('shared', CODE('ours'));
  await operator.signIn('/functions/shared');
  await operator.editor().getByText('ours').waitFor();
  await operator.api('PUT', '/api/functions/shared', { code: CODE('theirs') });

  await operator.type(CODE('mine'));
  await page.getByRole('button', { name: 'Deploy' }).click();
  const dialog = page.getByRole('dialog', { name: 'Somebody else has deployed' });
  await dialog.getByText("new Response('theirs')").waitFor();
  await dialog.getByText("new Response('mine')").waitFor();
  await dialog.getByRole('button', { name: 'Decide later' }).click();
  assert.equal(await operator.call('shared'), 'theirs');
  assert.match(await operator.editor().innerText(), /mine/);

  await operator.api('PUT', '/api/functions/shared', { code: CODE('theirs again') });
  await page.getByRole('button', { name: 'Deploy' }).click();
  await dialog.getByRole('button', { name: 'Deploy mine' }).click();
  await operator.told('is live');
  assert.equal(await operator.call('shared'), 'mine');

  await operator.api('PUT', '/api/functions/shared', { code: CODE('the last') });
  await operator.type(CODE('given up'));
  await page.getByRole('button', { name: 'Deploy' }).click();
  await dialog.getByRole('button', { name: 'Take theirs' }).click();
  await operator.editor().getByText('the last').waitFor();
  assert.equal(await operator.call('shared'), 'the last');
}
