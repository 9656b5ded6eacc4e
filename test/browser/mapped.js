// What a program mapped itself, in the page of `arenashim html`: the table, the flame graph, the parts of
// the resident memory.
//   node mapped.js MAPPED SAMPLED     pages of small.txt with mappings, and of the same with samples
'use strict';
const assert = require('node:assert/strict');
const { readFileSync } = require('node:fs');
const { column, focused, found, frames, plain, sites, text, visit } = require('./visit.js');

const [mapped, sampled] = process.argv.slice(2);
const axe = readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');

const rows = page => page.locator('#mapped .site b').allInnerTexts();
const cells = async (page, n) => (await page.locator('#mapped tbody tr').nth(n).locator('th, td').allInnerTexts()).map(plain).slice(1);

visit('the table has every number, beside malloc\u2019s and in none of its', mapped, {}, async page => {
  assert.deepEqual(await rows(page), ['libgone.so+0x300', '(the tables were full)', 'demo+0x401010']);
  assert.deepEqual(await cells(page, 0), ['100.0%', '19.1 MiB', '15.3 MiB', '3', '22.9 MiB', '\u226422.9 MiB', '4', '28.6 MiB']);
  assert.deepEqual(await cells(page, 1), ['0.0%', '8.00 KiB', '\u2013', '1', '8.00 KiB', '8.00 KiB', '1', '8.00 KiB']);
  assert.deepEqual(await cells(page, 2), ['0.0%', '0 B', '\u2013', '0', '0 B', '8.00 KiB', '2', '8.00 KiB']);
  assert.equal(plain(await text(page, '#mapped .what')), '19.1 MiB of addresses, not through malloc; open a call site for its whole path');
  assert.equal(await found(page), '3 of 3 call sites, 100.0% of live');
  assert.equal((await frames(page))[0], 'demo: 3.03 KiB, 100.0% of all');
});

visit('the switch mmap shows the flame graph of it, value by value; waste it has none', mapped, {}, async page => {
  await page.getByRole('radio', { name: 'mmap' }).check();
  assert.deepEqual((await frames(page)).sort(), ['[level 3]: 19.1 MiB, 100.0% of all', 'demo: 19.1 MiB, 100.0% of all',
    'libgone.so+0x300 \u2014 libgone.so (unloaded): 19.1 MiB, 100.0% of all']);
  assert.equal(plain(await text(page, '#flame .what')), 'Live of address space that the program mapped itself; outermost calls on top');
  for (const [value, total, first] of [['At peak', '22.9 MiB', 'libgone.so+0x300'], ['Allocations', '7', 'libgone.so+0x300'], ['Bytes', '28.6 MiB', 'libgone.so+0x300'],
    ['Waste', '0 B', 'libgone.so+0x300']]) {
    await page.getByRole('radio', { name: value }).check();
    assert.equal((await frames(page))[0], `demo: ${total}, ${value === 'Waste' ? '\u2013' : '100.0%'} of all`);
    assert.equal((await rows(page))[0], first);
  }
  await page.getByRole('radio', { name: 'Bottom-up' }).check();
  assert.equal(plain(await text(page, '#flame .what')), 'Waste of address space that the program mapped itself; functions that called mmap on top, below each its callers');
  await page.getByRole('radio', { name: 'malloc' }).check();
  assert.equal((await frames(page))[0], 'demo: 6.59 KiB, 100.0% of all');
});

visit('a frame that is zoomed, and a search, leave their call sites', mapped, {}, async page => {
  await page.getByRole('radio', { name: 'mmap' }).check();
  await page.locator('g.frame', { hasText: '[level 3]' }).first().click();
  assert.deepEqual(await rows(page), ['libgone.so+0x300']);
  assert.equal(plain(await text(page, '#mapped .what')), '19.1 MiB of addresses, not through malloc: 100.0% by 1 call site below [level 3]');
  assert.equal((await sites(page)).length, 3);
  await page.keyboard.press('Escape');
  assert.equal((await rows(page)).length, 3);
  await page.fill('#search', '0x401010');
  await page.waitForFunction(() => document.querySelectorAll('#mapped tbody tr').length === 1);
  assert.deepEqual(await rows(page), ['demo+0x401010']);
});

visit('a call site opens to its path, and shows itself in the flame graph', mapped, {}, async page => {
  await page.locator('#mapped .open').first().press('Enter');
  assert.match(plain(await text(page, '#mapped .path')), /^3 ranges, 4 calls; innermost frame first:/);
  await page.locator('#mapped').getByRole('button', { name: 'Show in the flame graph' }).click();
  assert.equal(await page.getByRole('radio', { name: 'mmap' }).isChecked(), true);
  assert.ok((await focused(page)).startsWith('libgone.so+0x300'));
  await page.locator('#sites .open').first().press('Enter');
  await page.locator('#sites').getByRole('button', { name: 'Show in the flame graph' }).click();
  assert.equal(await page.getByRole('radio', { name: 'malloc' }).isChecked(), true);
});

visit('a part of the resident memory opens to who mapped it', mapped, {}, async page => {
  const part = page.locator('#memory li', { hasText: 'mapped, no malloc' }).first();
  await part.locator('summary').press('Enter');
  assert.deepEqual((await part.locator('.owners li').allInnerTexts()).map(t => plain(t).split(/\s*\n\s*/)),
    [['mapped by code without a name in libgone.so', '15.3 MiB of 19.1 MiB'], ['anonymous, caller not known at 0x7000000', '1.00 MiB']]);
});

visit('nothing to complain about for axe', mapped, {}, async page => {
  await page.locator('#mapped .open').first().click();
  for (const part of await page.locator('#memory summary').all())
    await part.click();
  await page.evaluate(axe);
  assert.deepEqual((await page.evaluate(() => globalThis.axe.run())).violations.map(v => v.help), []);
});

visit('with samples it is exact: no mark of an estimate', sampled, {}, async page => {
  assert.equal((await cells(page, 0))[1], '19.1 MiB');
  await page.getByRole('radio', { name: 'mmap' }).check();
  assert.equal((await frames(page))[0], 'demo: 19.1 MiB, 100.0% of all');
  await page.getByRole('radio', { name: 'malloc' }).check();
  assert.equal((await frames(page))[0], 'demo: ~3.03 KiB, 100.0% of all');
});
