import { chromium } from 'playwright-core';

const PATIENCE_MS = 20_000;
/** What Chromium itself says of a refused request, which pages show in their own words. */
const REFUSED = /^Failed to load resource: the server responded with a status of 4\d\d/;

/** A browser with one page, and what that page complains about. */
export async function open(executablePath, options = {}) {
  // A container's root has no sandbox of its own to give; the pages are ours.
  const args = process.getuid?.() === 0 ? ['--no-sandbox'] : [];
  const browser = await chromium.launch({ executablePath, args: [...args, '--disable-dev-shm-usage'] });
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, locale: 'en-GB', ...options });
  context.setDefaultTimeout(PATIENCE_MS);
  const page = await context.newPage();
  const complaints = [];
  page.on('console', (message) => {
    if (message.type() === 'error' && !REFUSED.test(message.text())) {
      complaints.push(`console: ${message.text()}`);
    }
  });
  page.on('pageerror', (error) => complaints.push(`exception: ${error.stack ?? error}`));
  await page.exposeFunction('complain', (complaint) => complaints.push(complaint));
  await page.addInitScript(() => {
    document.addEventListener('securitypolicyviolation', (event) => {
      globalThis.complain(
        `policy: ${event.violatedDirective} ${event.blockedURI} ${event.sourceFile}:${event.lineNumber}`,
      );
    });
  });
  return { browser, page, complaints };
}
