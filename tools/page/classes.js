/* The table of size classes, each with a picture of what its slabs hold. */
import { classes, exactly as tagged, ofRecord } from './data.js'
import { byId, describe, make } from './dom.js'
import { bytes, count, exact } from './number.js'
import { Table } from './table.js'

/* What becomes of the bytes of a class's slabs. */
const PARTS = [
  { key: 'requested', title: 'requested', bytes: c => tagged ? Math.min(c.live_bytes, c.used) : c.used },
  { key: 'rounding', title: 'rounding', bytes: c => tagged ? Math.max(0, c.used - c.live_bytes) : 0 },
  { key: 'free', title: 'free cells', bytes: c => c.free * c.cell_bytes + c.tail_bytes },
  { key: 'uncarved', title: 'never touched', bytes: c => c.uncarved_bytes },
]

for (const c of classes) {
  c.used = c.in_use * c.cell_bytes
  c.parts = PARTS.map(p => p.bytes(c))
  c.all = c.parts.reduce((sum, p) => sum + p, 0)
  c.waste = c.parts[1] + c.parts[2]
}
const all = classes.reduce((sum, c) => sum + c.all, 0) || 1

function picture(c) {
  const title = PARTS.map((p, i) => `${p.title} ${bytes(c.parts[i])}`).join(', ')
  return make('span', { class: 'parts', title, role: 'img', 'aria-label': title },
    ...PARTS.map((p, i) => make('i', { class: p.key, style: `width:${100 * c.parts[i] / (c.all || 1)}%` })))
}

const number = (key, title, hint) => ({ key, title, hint, value: c => c[key] })

const columns = [
  { key: 'cell_bytes', title: 'Cell', hint: 'Bytes of a cell', name: true, value: c => c.cell_bytes,
    cell: c => make('b', {}, bytes(c.cell_bytes)) },
  { key: 'all', title: 'Bytes', hint: 'Bytes of its slabs', value: c => c.all,
    cell: c => make('span', { class: 'share', style: `--share:${100 * c.all / all}%`, title: exact(c.all) }, bytes(c.all)) },
  { key: 'waste', title: 'What its slabs hold', hint: 'Sorts by waste: rounding and free cells', value: c => c.waste, cell: picture },
  { ...number('used', 'Live', 'Bytes of cells in use'), text: c => bytes(c.used) },
  { key: 'requested', title: 'Requested', hint: 'Bytes that were asked for', value: c => c.live_bytes,
    text: c => tagged ? bytes(c.live_bytes) : '\u2013' },
  number('in_use', 'In use', 'Cells in use'),
  number('free', 'Free', 'Cells that were freed'),
  { ...number('waste', 'Waste', tagged ? 'Rounding and free cells' : 'Free cells; rounding is not known'), key: 'wasted',
    text: c => (tagged ? '' : '\u2265') + bytes(c.waste) },
  { ...number('slabs', 'Slabs', 'Slabs of this class'), text: c => ofRecord ? '\u2013' : count(c.slabs) },
  number('allocs', 'Allocs', 'Allocations ever made'),
  number('frees', 'Frees', 'Objects freed'),
]

export function classesStart() {
  const section = byId('classes')
  section.hidden = classes.length === 0
  describe('classes', 'a slab holds cells of one size')
  section.append(make('ul', { class: 'legend parts', 'aria-label': 'Colours of parts' },
    ...PARTS.map(p => make('li', {}, make('i', { class: p.key }), p.title))))
  new Table(section, 'Size classes', columns, classes, 'all').draw()
}
