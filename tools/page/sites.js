/* The table of call sites, and the path that each opens to. */
import { FIRST, HEAP, estimate, innermost, linesOf, livesKnown, ownFrame, places, sites, stack, typeOf, wasteKnown } from './data.js'
import { byId, describe, make } from './dom.js'
import { bytes, count, exact, percent, plural } from './number.js'
import { Table } from './table.js'

let current = FIRST
let table

export const shareOf = (part, total) => make('span', { class: 'share', style: `--share:${100 * part / (total || 1)}%` }, percent(part, total))
const share = site => shareOf(site[current.field], current.total)

/* A bar for each class of lives, each four times as long as the one before. */
const livesWords = s => `half lived ${s.half} allocations, nine in ten ${s.most}${s.mixed ? '; short and long lives mix' : ''}`
const lives = site => !site.lives ? '\u2013' : make('span', { class: 'lives', role: 'img', title: livesWords(site), 'aria-label': livesWords(site) },
  ...[...site.lives].map(high => make('i', { style: `--high:${Number(high) || 0}` })), site.mixed ? make('b', {}, 'mixed') : '')

/* The line of the program that asked, and through what or for whom it did. */
export function name(site) {
  const own = ownFrame(site), inner = innermost(site), caller = stack(site.path).at(-2)
  const near = own !== inner ? `\u203a ${inner.name}` : caller ? `< ${caller.name}` : ''
  return make('span', { class: 'site' },
    make('b', {}, site.words || own?.name || '(no path)'),
    make('small', {}, own && site.words ? own.name : own ? places([own]) : ''),
    make('small', { class: 'caller' }, site.words ? '' : near))
}

/* The frames of a site's calls at one depth: they differ only in their lines. */
function frameLine(all) {
  const [frame] = all
  const at = frame.file + linesOf(all) + typeOf(frame) + (frame.inlined ? ' (inlined)' : '')
  const offset = frame.offset && all.every(f => f === frame) ? `+0x${frame.offset.toString(16)}` : ''
  const module = frame.module ? frame.module.name + offset : ''
  return make('li', {}, make('b', {}, frame.name), make('span', {}, at),
    make('small', { title: frame.module?.path }, module === frame.name ? '' : module))
}

function frameLines(site) {
  const [first, ...others] = site.calls.map(c => stack(c.path).reverse())
  return first.map((frame, i) => frameLine([frame, ...others.map(o => o[i]).filter(f => f?.name === frame.name)]))
}

/* Of each number all digits, and the path to the outermost frame. */
export function path(site, objects, allocations, onShow) {
  return make('div', { class: 'path' },
    make('p', {}, `${plural(site.live_objects, objects)}, ${plural(site.allocs, allocations)}; innermost frame first:`),
    make('ol', {}, ...frameLines(site)),
    onShow && make('button', { type: 'button', onclick: () => onShow(site) }, 'Show in the flame graph'))
}

const column = shown => (key, title, hint, mark = () => estimate) =>
  ({ key, title, hint, value: s => s[key], text: s => mark(s) + shown(s[key]) })
const number = column(count), size = column(bytes)

const columns = [
  { key: 'name', title: 'Call site', hint: 'The first frame in the program\u2019s own source, or the innermost', name: true, cell: name,
    value: s => s.words || (ownFrame(s)?.name ?? '') },
  { key: 'share', title: 'Share', hint: 'Of the value chosen above', value: s => s[current.field], cell: share },
  size('live_bytes', 'Live', 'Bytes alive when the dump was written'),
  number('live_objects', 'Objects', 'Objects alive when the dump was written'),
  size('at_peak_bytes', 'At peak', 'Bytes alive when the process held most'),
  size('peak_bytes', 'Own peak', 'Most bytes this call site ever held', s => estimate || (s.bound ? '\u2264' : '')),
  number('allocs', 'Allocs', 'Allocations ever made'),
  size('bytes', 'Bytes', 'Bytes ever asked for'),
  ...wasteKnown ? [size('waste', 'Waste', 'Bytes that rounding and half-empty slabs cost')] : [],
  ...estimate ? [] : [{ key: 'temporary', title: 'Temp', hint: 'Share of objects freed within the burst that allocated them',
    value: s => s.allocs ? s.temporary / s.allocs : 0, text: s => percent(s.temporary, s.allocs) }],
  ...livesKnown ? [{ key: 'lives', title: 'Lives', cell: lives, value: s => s.lives ? 1 + s.mixed : 0,
    hint: 'How long freed objects lived: a bar for 0 to 3 allocations, 4 to 15, 16 to 63 and so on. Mixed: what lives long keeps the memory of its short-lived neighbours' }] : [],
  { key: 'largest', title: 'Sizes', hint: 'Smallest and largest request',
    value: s => s.largest, text: s => s.smallest === s.largest ? bytes(s.largest) : `${bytes(s.smallest)}\u2026${bytes(s.largest)}` },
]

/* onShow(site, kind): the flame graph is to show a call site. */
export function sitesStart(onShow) {
  table = new Table(byId('sites'), 'Call sites', columns, sites, 'share', site => () => path(site, 'live object', 'allocation', s => onShow(s, HEAP)))
}

export function sitesShow(value) {
  current = value
  table.sorted = 'share'
  table.down = true
}

/* Shows the call sites that the search finds below a frame (null: anywhere); returns in words how much they have. */
export function sitesFilter(isFound, below) {
  const all = below?.sites
  table.filter(s => isFound(s) && (!all || all.has(s)))
  const found = table.found, kept = new Set(found)
  const sum = (below ? below.calls.filter(c => kept.has(c.owner)) : found).reduce((total, s) => total + s[current.field], 0)
  describe('sites', below ? `those below ${below.name}` : 'by the line of the program that asked; open one for its whole path')
  return `${exact(found.length)} of ${plural(sites.length, 'call site')}, ${percent(sum, current.total)} of ${current.title.toLowerCase()}`
}
