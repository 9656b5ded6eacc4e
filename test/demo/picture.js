// Draws a terminal: node picture.js SCREEN.html OUT.png. SCREEN.html is what aha wrote.
'use strict';
const fs = require('node:fs');
const { launch } = require('../browser/browser.js');
const [, , screen, out] = process.argv;

// The colours differ from the background and from each other also for the colour blind; the border is for dark pages.
const page = `<!doctype html><meta charset="utf-8"><style>
  body { margin: 0; background: transparent }
  pre {
    display: inline-block; width: 80ch; height: 24lh; margin: 0; padding: 12px 16px; overflow: hidden;
    background: #14181d; color: #d6dbe1; border: 1px solid #59636e; border-radius: 8px;
    font: 15px/1.3 'DejaVu Sans Mono', monospace;
  }
  [style*="color:red"] { color: #ff7b72 !important }
  [style*="color:olive"] { color: #e3b341 !important }
</style><pre>${fs.readFileSync(screen, 'utf8').trimEnd()}</pre>`;

(async () => {
  const browser = await launch();
  const tab = await browser.newPage({ deviceScaleFactor: 2 });
  await tab.setContent(page);
  await tab.locator('pre').screenshot({ path: out, omitBackground: true });
  await browser.close();
})();
