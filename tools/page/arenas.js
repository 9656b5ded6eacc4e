/* The tables of arenas and of the regions that programs make. */
import { arenas, estimate, places, regions, stack, wasteKnown } from './data.js'
import { byId, describe, make } from './dom.js'
import { bytes, count, plural } from './number.js'
import { Table } from './table.js'

const RUNNING = 1, BOUND = 2, ENDED = 2

const column = shown => (key, title, hint, mark = () => '') =>
  ({ key, title, hint, value: r => r[key], text: r => mark(r) + shown(r[key]) })
const number = column(count), size = column(bytes)

const arenaColumns = [
  { key: 'name', title: 'Arena', hint: 'Number and name', name: true, value: a => a.number,
    cell: a => make('span', { class: 'site' }, make('b', {}, `${a.number} ${a.name}`), make('small', {}, plural(a.threads, 'thread'))) },
  size('live_bytes', 'Live', 'Bytes in live objects', a => a.flags & RUNNING ? '*' : ''),
  size('peak_bytes', 'Peak', 'Most bytes alive at a time', a => a.flags & BOUND ? '\u2264' : ''),
  number('live_objects', 'Objects', 'Live objects'),
  number('total_allocs', 'Allocs', 'Allocations ever made'),
  size('total_size', 'Bytes', 'Bytes ever asked for'),
  number('frees', 'Frees', 'Objects of this arena that were freed'),
  number('remote_frees', 'Remote', 'Of these, freed by other threads'),
  number('total_blocks', 'Blocks', 'Blocks it has'),
  size('total_block_size', 'Block bytes', 'Bytes of its blocks'),
  number('total_big_blocks', 'Large', 'Requests passed on to jemalloc'),
  { key: 'waste', title: 'Waste', hint: 'Bytes that rounding and half-empty slabs cost', value: a => a.waste,
    text: a => wasteKnown ? bytes(a.waste) : '\u2013' },
]

const regionColumns = [
  { key: 'name', title: 'Region', hint: 'Name', name: true, value: r => r.name,
    cell: r => make('span', { class: 'site' }, make('b', {}, r.name), make('small', {}, r.state === ENDED ? 'ended' : 'live')) },
  size('used', 'Used', 'Bytes in use'),
  size('peak', 'Peak', 'Most bytes in use at a time'),
  size('reserved', 'Reserved', 'Bytes of its blocks that are mapped'),
  number('total_allocs', 'Allocs', 'Allocations ever made'),
  size('total_size', 'Bytes', 'Bytes ever asked for'),
  number('total_blocks', 'Blocks', 'Blocks ever taken'),
  size('total_block_size', 'Block bytes', 'Bytes of these'),
  number('total_big_blocks', 'Large', 'Requests with a block of their own'),
]

/* Where a region was made. */
function creation(region) {
  if (!region.path)
    return undefined
  return () => make('ol', { class: 'path' }, ...stack(region.path).reverse().map(f =>
    make('li', {}, make('b', {}, f.name), make('small', {}, places([f])))))
}

const tables = []

export function arenasStart() {
  describe('arenas', 'each thread has one, which a later thread takes over' +
    (estimate ? '; counted exactly, but small objects alone, and bytes with rounding' : ''))
  tables.push(new Table(byId('arenas'), 'Arenas', arenaColumns, arenas, 'live_bytes'))
  byId('regions').hidden = regions.length === 0
  if (regions.length === 0)
    return
  describe('regions', 'arenas that the program made itself, with libarena')
  tables.push(new Table(byId('regions'), 'Regions', regionColumns, regions, 'used', creation))
}

export function arenasFilter(words) {
  for (const t of tables)
    t.filter(row => row.text.includes(words))
}
