// Draws a terminal, or the chart of a page:
//   node picture.js terminal SCREEN.html OUT.png COLUMNS ROWS     SCREEN.html is what aha wrote
//   node picture.js chart PAGE.html OUT.png                       PAGE.html is what `arenashim html` wrote
'use strict';
const fs = require('node:fs');
const { pathToFileURL } = require('node:url');
const { launch } = require('../browser/browser.js');
const [, , what, from, out, columns, rows] = process.argv;

// The colours differ from the background and from each other also for the colour blind; the border is for dark pages.
const terminal = () => `<!doctype html><meta charset="utf-8"><style>
  body { margin: 0; background: transparent }
  pre {
    display: inline-block; width: ${columns}ch; height: ${rows}lh; margin: 0; padding: 12px 16px; overflow: hidden;
    background: #14181d; color: #d6dbe1; border: 1px solid #59636e; border-radius: 8px;
    font: 15px/1.3 'DejaVu Sans Mono', monospace;
  }
  [style*="color:red"] { color: #ff7b72 !important }
  [style*="color:olive"] { color: #e3b341 !important }
</style><pre>${fs.readFileSync(from, 'utf8').trimEnd()}</pre>`;

(async () => {
  const browser = await launch();
  const tab = await browser.newPage({ deviceScaleFactor: 2, viewport: { width: 860, height: 900 }, colorScheme: 'light' });
  if (what === 'terminal')
    await tab.setContent(terminal());
  else
    await tab.goto(pathToFileURL(from).href);
  await tab.addStyleTag({ content: '#timeline tbody tr:nth-child(n+4) { display: none }' }); // the table goes on
  await tab.locator(what === 'terminal' ? 'pre' : '#timeline').screenshot({ path: out, omitBackground: true });
  await browser.close();
})();
