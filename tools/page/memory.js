/* The resident memory by owner: a bar of its parts, each of which opens to say what makes it. */
import { memory } from './data.js'
import { byId, describe, make } from './dom.js'
import { bytes, exact, percent } from './number.js'

const sum = memory.reduce((s, p) => s + p.bytes, 0)
const colour = part => `l${Math.min(part.index, 9)}`

/* "mapped by Cache::grow (cache.cc:88)   46.0 MiB of 48.0 MiB": in memory or in swap, of what is mapped. */
const owner = row => make('li', { title: `${exact(row.bytes)} of ${exact(row.mapped)} mapped` },
  make('span', {}, row.words), make('span', { class: 'number' }, row.bytes < row.mapped ? `${bytes(row.bytes)} of ${bytes(row.mapped)}` : bytes(row.bytes)))

const entry = part => make('li', {},
  make('details', {}, make('summary', {}, make('i', { class: colour(part) }), make('span', {}, part.name)), make('p', {}, part.words),
    make('ul', { class: 'owners' }, ...part.rows.map(owner))),
  make('span', { class: 'number', title: exact(part.bytes) }, bytes(part.bytes)),
  make('span', { class: 'number' }, percent(part.bytes, sum)))

export function memoryStart() {
  const section = byId('memory')
  section.hidden = memory.length === 0
  describe('memory', `${bytes(sum)} by what they are for, swap included: open a part to see what makes it and what would change it`)
  section.append(
    make('div', { class: 'stack', role: 'img', 'aria-label': memory.map(p => `${p.name} ${percent(p.bytes, sum)}`).join(', ') },
      ...memory.map(p => make('i', { class: colour(p), style: `flex-grow:${p.bytes}`, title: `${p.name}: ${bytes(p.bytes)}, ${percent(p.bytes, sum)}` }))),
    make('ul', { class: 'lines' }, ...memory.map(entry)))
}
