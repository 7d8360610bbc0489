import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';

/** A module is uploaded, invoked, watched, and uploaded again by dropping it. */
export default async function (operator, page, { component }) {
  await operator.signIn('/functions');
  await page.getByRole('link', { name: 'New function' }).first().click();
  await operator.isAt('New function');
  await page.getByLabel('Slug').fill('uploaded');

  // What is no module is said before it is sent.
  await page
    .getByLabel('Upload a component')
    .setInputFiles({ name: 'text.wasm', mimeType: 'application/wasm', buffer: Buffer.from('hello') });
  await page.getByRole('alert').getByText('is no WebAssembly').waitFor();
  await page.getByLabel('Upload a component').setInputFiles(component);
  await operator.told('uploaded is deployed');
  await operator.isAt('uploaded');
  await page.getByText('WebAssembly component').waitFor();

  await page.getByText('Live', { exact: true }).waitFor();
  await page.getByRole('button', { name: 'Send' }).click();
  const answer = page.getByLabel('Body of the answer');
  await answer.getByText('Hello').waitFor();
  const id = await page
    .getByRole('link', { name: /^Invocation [0-9a-f]{8}$/ })
    .first()
    .textContent();
  // The invocation appears in the log while one looks at it.
  await page.getByLabel('Lines of the log').getByRole('link', { name: id }).first().waitFor();

  // The same file again, dropped: the next version.
  const bytes = [...(await readFile(component))];
  const data = await page.evaluateHandle((bytes) => {
    const transfer = new DataTransfer();
    transfer.items.add(new File([new Uint8Array(bytes)], 'again.wasm', { type: 'application/wasm' }));
    return transfer;
  }, bytes);
  await page.locator('.drop').dispatchEvent('drop', { dataTransfer: data });
  await operator.told('uploaded runs version');
  assert.match(await operator.call('uploaded'), /Hello/);

  const link = page.getByRole('link', { name: /^Invocation [0-9a-f]{8}$/ }).first();
  await link.click();
  await operator.isAt(/^Invocation [0-9a-f]{8}$/);
  await page.getByRole('heading', { name: 'Host calls' }).waitFor();
  await page.getByRole('link', { name: 'uploaded' }).waitFor();
}
