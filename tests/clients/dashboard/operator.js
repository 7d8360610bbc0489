import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';

const axe = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** What an operator does again and again. */
export class Operator {
  constructor(page, given) {
    this.page = page;
    this.given = given;
  }

  /** Opens an address of the dashboard. */
  async visit(path) {
    await this.page.goto(`${this.given.platform}/dashboard${path}`);
  }

  /** Signs in with the password, from whichever address. */
  async signIn(path = '/') {
    await this.visit(path);
    await this.page.getByLabel('User name').fill(this.given.username);
    await this.page.getByLabel('Password').fill(this.given.password);
    await this.page.getByRole('button', { name: 'Sign in' }).click();
    await this.page.getByRole('banner').waitFor();
  }

  /** Asks the platform itself, as somebody else would. */
  async api(method, path, json) {
    const response = await fetch(this.given.platform + path, {
      method,
      headers: { 'x-api-key': this.given.apiKey, 'content-type': 'application/json' },
      body: json && JSON.stringify(json),
    });
    const body = await response.text();
    assert.ok(response.ok, `${method} ${path}: ${response.status} ${body}`);
    return body && JSON.parse(body);
  }

  /** Calls a function as everybody may. */
  async call(slug, query = '') {
    const response = await fetch(`${this.given.platform}/functions/${slug}${query}`);
    return response.text();
  }

  /** Makes a function of a source. */
  async function(slug, code) {
    await this.api('POST', '/api/functions', { name: slug, slug, code });
  }

  /** The heading of a page is there, and it has the focus: that is how somebody who cannot see it knows. */
  async isAt(heading) {
    const found = this.page.getByRole('heading', { level: 1, name: heading });
    await found.waitFor();
    return found;
  }

  /** Replaces the editor's text as one would. */
  async type(code) {
    const editor = this.editor();
    await editor.click();
    await this.page.keyboard.press('Control+a');
    await this.page.keyboard.insertText(code);
  }

  /** Where code is written. */
  editor() {
    return this.page.locator('.editor .cm-content');
  }

  /** Waits for a notice. */
  async told(words) {
    await this.page.getByRole('region', { name: 'Notices' }).getByText(words).first().waitFor();
  }

  /** Looks for what keeps people from using the page as it is now. */
  async accessible(name) {
    await this.page.evaluate(axe);
    const violations = await this.page.evaluate(async () => {
      const { violations } = await globalThis.axe.run(document, { resultTypes: ['violations'] });
      return violations.map(
        ({ id, help, nodes }) =>
          `${id}: ${help}: ${nodes
            .slice(0, 3)
            .map(({ target, failureSummary }) => `${target.join(' ')} (${failureSummary})`)
            .join('; ')}`,
      );
    });
    assert.deepEqual(violations, [], `${name} is not for everybody`);
  }
}
