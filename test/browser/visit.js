// Tests of a page of `arenashim html`, and what they read from it.
'use strict';
const assert = require('node:assert/strict');
const { after, before, test } = require('node:test');
const { pathToFileURL } = require('node:url');
const { launch, watch } = require('./browser.js');

let browser;
before(async () => { browser = await launch(); });
after(() => browser.close());

const plain = words => words.replace(/[\u202f\u00a0]/g, ' ').trim();
const text = (page, selector) => page.locator(selector).innerText();

module.exports = {
  plain, text,

  newPage: options => browser.newPage({ viewport: { width: 1280, height: 800 }, ...options }),

  // A test of a page, on which nothing may go wrong.
  visit(title, file, options, use) {
    test(title, async () => {
      const page = await module.exports.newPage(options);
      page.setDefaultTimeout(10000);
      const wrong = watch(page);
      try {
        await page.goto(pathToFileURL(file).href);
        await use(page);
        assert.deepEqual(wrong, []);
      } finally {
        await page.close();
      }
    });
  },

  frames: page => page.locator('g.frame title').allTextContents().then(all => all.map(plain)),
  sites: page => page.locator('#sites .site b').allInnerTexts(),
  focused: page => page.evaluate(() => document.activeElement.querySelector('title')?.textContent ?? document.activeElement.id)
    .then(plain),
  found: async page => plain(await text(page, '#found')),
  column: async (page, section, n) =>
    (await page.locator(`#${section} tbody tr > :nth-child(${n})`).allInnerTexts()).map(plain),
};
