import assert from 'node:assert/strict';

/** The way from nothing to a function that is tried and rolled back, without a mouse, and always with a focus that can be seen. */
export default async function (operator, page, { username, password }) {
  const press = (key) => page.keyboard.press(key);
  await operator.visit('/functions');
  await page.getByLabel('User name').waitFor();
  assert.equal(await focused(page), 'User name', 'the first field has no focus');
  await page.keyboard.type(username);
  await press('Tab');
  await page.keyboard.type(password);
  await press('Enter');
  await operator.isAt('Functions');
  assert.equal(await focused(page), 'Functions', 'the heading of the new page has no focus');

  await tabTo(page, 'New function');
  await press('Enter');
  await operator.isAt('New function');
  assert.equal(await focused(page), 'Name');
  await page.keyboard.type('By keys');
  await tabTo(page, 'Create and open');
  await press('Enter');
  await operator.isAt('by-keys');

  await tabTo(page, 'Code of by-keys');
  await press('Control+a');
  await page.keyboard.insertText("export default () => new Response('typed');\n");
  await press('Control+s');
  await operator.told('is live');
  // The editor lets go of the focus.
  await tabTo(page, 'Send');
  await press('Enter');
  await page.getByLabel('Body of the answer').getByText('typed').waitFor();

  await tabTo(page, 'Versions', 'Shift+Tab');
  await press('Enter');
  await page.getByRole('button', { name: 'Roll back to version 1' }).waitFor();
  await tabTo(page, 'Roll back to version 1');
  await press('Enter');
  await operator.told('by-keys runs version 1 in place of 2');
  assert.match(await operator.call('by-keys'), /Hello/);

  // A dialog takes the focus and gives it back.
  await tabTo(page, 'Compare version 2', 'Shift+Tab');
  await press('Enter');
  await page.getByRole('dialog').waitFor();
  await press('Escape');
  assert.equal(await focused(page), 'Compare version 2');

  // Straight to the content.
  await page.reload();
  await operator.isAt('by-keys');
  await press('Tab');
  assert.equal(await focused(page), 'Skip to the content');
  await press('Enter');
  await press('Tab');
  assert.equal(await focused(page), 'Functions', 'the first link of the content');
}

/** The name of what has the focus. */
async function focused(page) {
  return page.evaluate(() => {
    let element = document.activeElement;
    while (element?.shadowRoot?.activeElement) {
      element = element.shadowRoot.activeElement;
    }
    const label = element.getAttribute('aria-label') ?? element.labels?.[0]?.textContent ?? element.textContent;
    return label.trim();
  });
}

/** Presses Tab until the focus is on what has this name, and sees to it that the focus shows all the way. */
async function tabTo(page, name, key = 'Tab') {
  const passed = [];
  for (let step = 0; step < 80; step += 1) {
    await page.keyboard.press(key);
    const now = await focused(page);
    passed.push(now);
    assert.ok(await shows(page), `the focus on “${now}” cannot be seen`);
    if (now === name) {
      return;
    }
  }
  assert.fail(`“${name}” cannot be reached by ${key}: ${passed.join(' · ')}`);
}

/** Whether the focused element, or what stands for it, has an outline. */
async function shows(page) {
  return page.evaluate(() => {
    const element = document.activeElement;
    if (element === document.body) {
      // Between the page's end and its beginning the focus is with the browser.
      return true;
    }
    const outlined = (one) => {
      const style = getComputedStyle(one);
      return style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) > 0;
    };
    return outlined(element.closest('.drop') ?? element);
  });
}
