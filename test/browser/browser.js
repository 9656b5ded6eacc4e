// A headless Chromium for tests: opens local files and tells what a user would not see.
//   NODE_PATH  where npm put playwright-core        CHROMIUM  the browser, if not /usr/bin/chromium
'use strict';
const { chromium } = require('playwright-core');
const { pathToFileURL } = require('node:url');

const SECONDS = 1000;

// What went wrong on a page so far: errors of scripts, on the console, and requests that leave the machine.
function watch(page) {
  const wrong = [];
  page.on('pageerror', error => wrong.push(`error: ${error.message}`));
  page.on('console', message => message.type() === 'error' && wrong.push(`console: ${message.text()}`));
  page.on('request', request => /^(file|data|blob):/.test(request.url()) || wrong.push(`request: ${request.url()}`));
  return wrong;
}

const launch = () => chromium.launch({
  executablePath: process.env.CHROMIUM || '/usr/bin/chromium',
  args: ['--no-sandbox', '--enable-unsafe-swiftshader'], // root has no sandbox, a server no graphics
});

// Runs `use(page)` on a local page; prints what it returns as JSON. Status 1 if anything went wrong.
async function visit(file, use) {
  const browser = await launch();
  try {
    const page = await browser.newPage();
    page.setDefaultTimeout(60 * SECONDS);
    const wrong = watch(page);
    await page.goto(pathToFileURL(file).href);
    console.log(JSON.stringify(await use(page), null, 1));
    if (wrong.length > 0)
      throw new Error(wrong.join('\n'));
  } finally {
    await browser.close();
  }
}

module.exports = {
  launch,
  watch,
  run(file, use) {
    visit(file, use).catch(error => {
      console.error(error.message);
      process.exitCode = 1;
    });
  },
};
