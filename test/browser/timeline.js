// The chart of a page of `arenashim html` in headless Chromium: it shows what the export says.
//   node timeline.js PAGE EXPORT PICTURES
'use strict';
const assert = require('node:assert/strict');
const { readFileSync } = require('node:fs');
const { plain, text, visit } = require('./visit.js');

const [page, json, pictures] = process.argv.slice(2);
const { moments, events } = JSON.parse(readFileSync(json, 'utf8'));
const highest = moments.reduce((best, m) => m.live_bytes > best.live_bytes ? m : best);
const seconds = m => (m.time_ns / 1e9).toFixed(2) + ' s';
const rows = async page => (await page.locator('#timeline tbody tr').allInnerTexts()).map(plain);

visit('it begins with the highest moment, marked in the chart', page, {}, async page => {
  const words = plain(await text(page, '#moment-words'));
  assert.ok(words.startsWith(seconds(highest) + ': '), words);
  assert.equal(await page.locator('#axis .peak').count(), 1);
  assert.equal(await page.locator('#axis .event').count(), events.length);
  assert.deepEqual(await page.locator('#axis .event title').allTextContents().then(all => all.map(t => t.split(',')[0])),
    ['mark: first', 'mark: second']);
  await page.locator('#timeline').screenshot({ path: `${pictures}/page-timeline.png` });
});

// The stack's upper edge: in each moment the sum of all areas is what was live.
visit('areas are stacked up to the live bytes of each moment', page, {}, async page => {
  const areas = await page.locator('#axis polygon').evaluateAll(all => all.map(p => p.getAttribute('points')));
  const most = Math.max(...moments.map(m => Math.max(m.live_bytes, m.mapped_bytes)));
  const edge = areas.at(-1).split(' ').slice(0, moments.length).map(p => +p.split(',')[1]);
  edge.forEach((y, i) => {
    const wanted = 280 - 20 - moments[i].live_bytes / most * (280 - 18 - 20);
    assert.ok(Math.abs(y - wanted) < 0.2, `moment ${i}: ${y}, not ${wanted}`);
  });
});

visit('a click on a time shows the table of that moment, and so does the slider', page, {}, async page => {
  const box = await page.locator('#axis').boundingBox(), last = moments.at(-1), first = moments[0];
  await page.locator('#axis').click({ position: { x: box.width - 1, y: 60 } });
  const words = plain(await text(page, '#moment-words')); // or of a moment just before the end
  const nearly = moments.filter(m => (last.time_ns - m.time_ns) * box.width <= 3 * last.time_ns);
  assert.ok(nearly.some(m => words.startsWith(seconds(m))), words);
  assert.ok((await rows(page)).some(r => r.includes('grow_second')));
  await page.locator('#moment').focus();
  await page.keyboard.press('Home');
  assert.ok(plain(await text(page, '#moment-words')).startsWith(seconds(first)));
  await page.keyboard.press('ArrowRight');
  assert.ok(plain(await text(page, '#moment-words')).startsWith(seconds(moments[1])));
  assert.ok(!(await rows(page)).some(r => r.includes('grow_second')));
  assert.ok((await rows(page)).some(r => r.includes('grow_first')));
});
