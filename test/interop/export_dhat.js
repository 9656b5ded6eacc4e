// Opens a file in valgrind's dh_view.html and prints what the page says: its head, the tree's root and each leaf.
// Usage: export_dhat.js FILE
'use strict';
const { run } = require('../browser/browser.js');

run('/usr/libexec/valgrind/dh_view.html', async page => {
  await page.locator('input[type=file]').setInputFiles(process.argv[2]);
  await page.locator('.leaf, .error').first().waitFor();
  const error = page.locator('.error');
  if (await error.count() > 0)
    throw new Error(await error.textContent());
  return {
    head: await page.locator('.invocation').textContent(),
    root: await page.locator('.internal').first().textContent(),
    leaves: await page.locator('.leaf').allTextContents(),
  };
});
