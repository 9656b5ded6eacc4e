// Opens a file in speedscope and prints what the page says: its profiles, and each row of the sandwich view.
// Usage: export_speedscope.js SPEEDSCOPE FILE      SPEEDSCOPE: the page of its release
'use strict';
const { run } = require('../browser/browser.js');

run(process.argv[2], async page => {
  await page.setViewportSize({ width: 1280, height: 8000 }); // only rows in sight are in the table
  await page.locator('input[type=file]').first().setInputFiles(process.argv[3]);
  await page.getByText('Sandwich').click();
  const row = page.locator('tr:visible:has(td)');
  await row.first().waitFor();
  return {
    profiles: await page.locator('tr[title]').evaluateAll(rows => rows.map(r => [r.title, r.lastChild.textContent])),
    rows: await row.evaluateAll(rows => rows.map(r => [...r.cells].map(cell => cell.textContent))),
  };
});
