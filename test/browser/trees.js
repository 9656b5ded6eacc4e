// The two trees of a page's flame graph: what each shows of test/tools/paths.c, and how one gets from one to the other.
//   node trees.js PAGE SOURCE [PICTURES]
'use strict';
const assert = require('node:assert/strict');
const { readFileSync } = require('node:fs');
const { focused, found, frames, plain, sites, text, visit } = require('./visit.js');

const [page, source, pictures] = process.argv.slice(2);
const axe = readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');
const code = readFileSync(source, 'utf8').split('\n');
const line = comment => code.findIndex(l => l.includes(`/* ${comment} */`)) + 1; // of the call with this comment

const bottomUp = p => p.getByRole('radio', { name: 'Bottom-up' }).check();
const frame = (p, start) => p.locator('g.frame', { has: p.locator('title', { hasText: start }) });

// The frames that start so, each without its numbers.
const shown = async (p, ...starts) => (await frames(p)).filter(f => starts.some(s => f.startsWith(s)))
  .map(f => f.replace(/: [0-9.]+ [KM]?i?B, .*/, '')).sort();

visit('top-down: a caller far from the allocation is one frame, with all lines of its calls', page, {}, async p => {
  const main = [1, 2, 3].map(i => line(`main ${i}`)).join(', ');
  assert.deepEqual(await shown(p, 'main'), [`main \u2014 paths.c:${main} and 1 more`]);
  assert.deepEqual(await shown(p, 'leaf'), ['first', 'second'].flatMap(l => Array(3).fill(
    `leaf (paths.c:${line(l)}) \u2014 paths.c:${line(l)}`)));
  assert.deepEqual(await shown(p, 'left'), [`left \u2014 paths.c:${line('left')}`]);
});

visit('top-down: a path that was cut has a root of its own', page, {}, async p => {
  const all = await frames(p);
  assert.deepEqual(all.filter(f => f.startsWith('(cut')).map(f => f.replace(/,.*/, '')), ['(cut at 8 frames): 48.8 KiB']);
  await frame(p, '(cut at 8 frames)').click();
  assert.match(await found(p), /^2 of \d+ call sites, 9\.\d% of live$/); // of two lines
  assert.match(plain(await text(p, '#sites .what')), /^those below \(cut at 8 frames\)$/);
});

visit('what is left of a frame says what it is', page, {}, async p => {
  assert.deepEqual(await shown(p, '8 frames'), ['8 frames too narrow to draw']);
  assert.deepEqual(await shown(p, 'many'), []);
  await frame(p, '8 frames too narrow').click(); // they have room there
  assert.equal((await shown(p, 'many (')).length, 8);
  assert.match(await found(p), /^8 of \d+ call sites, 0\.5% of live$/);
  await frame(p, 'many (').first().click(); // a frame as any other: below its caller
  assert.match(await found(p), /^1 of \d+ call sites, 0\.1% of live$/);
  assert.deepEqual(await shown(p, '8 frames'), []);
  await p.keyboard.press('Escape');
  await frame(p, '8 frames too narrow').click();
  await p.getByRole('radio', { name: 'Allocations' }).check(); // by which they are not narrow
  assert.match(await found(p), /^(\d+) of \1 call sites, 100\.0% of allocations$/);
});

visit('bottom-up: functions that called malloc, and below them the lines that called these', page, {}, async p => {
  await bottomUp(p);
  assert.match(await text(p, '#flame .what'), /^Live: bytes alive .*; functions that called malloc on top, below each its callers$/);
  assert.deepEqual(await shown(p, 'leaf'), [`leaf \u2014 paths.c:${line('first')}, ${line('second')}`]);
  const calls = ['left', 'right', 'deep'].map(c => `${c} (paths.c:${line(c)})`);
  assert.deepEqual(await shown(p, 'left (', 'right (', `deep (paths.c:${line('deep')}`), calls.map(c => `${c} \u2014 ${c.slice(c.indexOf('(') + 1, -1)}`).sort());
  assert.equal((await frames(p)).filter(f => f.startsWith('leaf'))[0].replace(/,.*/, ''), `leaf \u2014 paths.c:${line('first')}`);
  // Two lines of main called left: two callers.
  for (const i of [1, 2])
    assert.equal((await shown(p, `main (paths.c:${line(`main ${i}`)})`)).length, 1);
  assert.equal((await shown(p, '(cut at 8 frames)')).length, 1);
});

visit('bottom-up: a function has the sum of all its calls; a zoom keeps the part that goes through a line', page, {}, async p => {
  await bottomUp(p);
  const sums = (await frames(p)).filter(f => f.startsWith('leaf')).map(f => /: ([0-9.]+ KiB), ([0-9.]+%)/.exec(f));
  assert.equal(sums[0][1], '439 KiB'); // 4 * 50000 + 2 * 100000 + 2 * 25000
  await frame(p, `main (paths.c:${line('main 2')})`).click();
  // One of two calls of left, and both lines of leaf: a quarter of what leaf asked for is below, 100000 bytes.
  assert.match(await found(p), /^2 of \d+ call sites, 19\.\d% of live$/);
  assert.deepEqual((await sites(p)).sort(), ['leaf', 'leaf']);
  await p.keyboard.press('Escape');
  assert.match(await found(p), /^(\d+) of \1 call sites, 100\.0% of live$/);
});

visit('the switch by keyboard; the way back leaves no zoom', page, {}, async p => {
  await p.getByRole('radio', { name: 'Top-down' }).focus();
  const before = await frames(p);
  await p.keyboard.press('ArrowRight');
  assert.equal(await p.getByRole('radio', { name: 'Bottom-up' }).isChecked(), true);
  assert.notDeepEqual(await frames(p), before);
  await p.locator('g.frame').first().focus();
  await p.keyboard.press('ArrowDown');
  assert.match(await focused(p), /^leaf \u2014 /); // the widest
  await p.keyboard.press('ArrowDown');
  assert.match(await focused(p), /^(left|right) \(paths\.c:\d+\)/);
  await p.keyboard.press('Enter');
  assert.equal(await p.locator('#reset').isVisible(), true);
  await p.getByRole('radio', { name: 'Top-down' }).check();
  assert.deepEqual(await frames(p), before);
  assert.equal(await p.locator('#reset').isVisible(), false);
});

visit('value, search and the way from the table work in both views', page, {}, async p => {
  await bottomUp(p);
  await p.getByRole('radio', { name: 'Allocations' }).check();
  assert.match((await frames(p)).find(f => f.startsWith('leaf')), /^leaf \u2014 .*: 8, /);
  await p.fill('#search', 'right');
  await p.waitForFunction(() => document.querySelectorAll('g.hit').length === 2); // caller of leaf, and itself
  await p.fill('#search', '');
  await p.waitForFunction(() => document.querySelectorAll('g.hit').length === 0);
  await p.locator('#sites .open', { hasText: `paths.c:${line('right itself')}` }).click();
  await p.getByRole('button', { name: 'Show in the flame graph' }).click();
  assert.match(await found(p), /^1 of /);
  assert.match(await focused(p), /^_start/); // the outermost caller
});

visit('a call site opens to the lines of all its callers', page, {}, async p => {
  const row = p.locator('#sites tr', { hasText: `paths.c:${line('first')}` }).filter({ hasText: '< left' });
  await row.locator('.open').click();
  const all = (await p.locator('.path li').allInnerTexts()).map(plain);
  assert.ok(all.some(l => l.replace(/\s+/g, ' ').match(new RegExp(`^main \\S*/paths\\.c:${line('main 1')}, ${line('main 2')} `))), all.join('|'));
});

for (const colorScheme of ['light', 'dark']) {
  visit(`nothing to complain about for axe: ${colorScheme}`, page, { colorScheme }, async p => {
    await bottomUp(p);
    await p.evaluate(axe);
    const result = await p.evaluate(() => globalThis.axe.run());
    assert.deepEqual(result.violations.map(v => `${v.help}: ${v.nodes.map(n => n.html).join(', ')}`), []);
    if (pictures)
      await p.screenshot({ path: `${pictures}/trees-${colorScheme}.png`, fullPage: true });
  });
}

visit('no sideways scrolling at 400 pixels', page, { viewport: { width: 400, height: 800 } }, async p => {
  await bottomUp(p);
  assert.equal(await p.evaluate(() => document.documentElement.scrollWidth), 400);
});
