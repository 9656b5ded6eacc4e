// Opens files in speedscope, one after the other, and prints by their names what its Export writes of each: all that it
// understood, to the last digit.
// Usage: export_saved.js SPEEDSCOPE FILE...      SPEEDSCOPE: the page of its release
'use strict';
const { readFileSync } = require('node:fs');
const { basename, resolve } = require('node:path');
const { run } = require('../browser/browser.js');

async function saved(page, file) {
  await page.reload();
  await page.locator('input[type=file]').first().setInputFiles(resolve(file));
  const failed = page.getByText('Something went wrong');
  await page.getByText('Sandwich').or(failed).first().waitFor();
  if (await failed.isVisible())
    throw new Error(`${file}: speedscope says that something went wrong`); // why stands on its console
  const [download] = await Promise.all([page.waitForEvent('download'), page.getByText('Export').click()]);
  return JSON.parse(readFileSync(await download.path(), 'utf8'));
}

run(process.argv[2], async page => {
  const all = {};
  for (const file of process.argv.slice(3))
    all[basename(file)] = await saved(page, file);
  return all;
});
