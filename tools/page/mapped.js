/* What the program mapped itself, by call site: a table as that of malloc's call sites. */
import { FIRST, MAPPED, mappings, ownFrame } from './data.js'
import { byId, describe } from './dom.js'
import { bytes, count, percent, plural } from './number.js'
import { name, path, shareOf } from './sites.js'
import { Table } from './table.js'

let field = FIRST.field
let table

const sum = (list, of) => list.reduce((total, s) => total + s[of], 0)
const column = shown => (key, title, hint, mark = () => '') =>
  ({ key, title, hint, value: s => s[key], text: s => mark(s) + shown(s[key]) })
const number = column(count), size = column(bytes)

const columns = [
  { key: 'name', title: 'Call site', hint: 'The first frame in the program\u2019s own source, or the innermost', name: true, cell: name,
    value: s => s.words || (ownFrame(s)?.name ?? '') },
  { key: 'share', title: 'Share', hint: 'Of the value chosen above; of waste it has none: of what is mapped now', value: s => s[field], cell: s => shareOf(s[field], sum(mappings, field)) },
  size('live_bytes', 'Mapped', 'Addresses mapped when the dump was written'),
  ...mappings.some(s => s.known) ? [{ key: 'touched', title: 'Touched', hint: 'What of its anonymous memory was in memory or in swap; that of files and stacks is shown by their names, under Resident memory',
    value: s => s.touched, text: s => s.known ? bytes(s.touched) : '\u2013' }] : [],
  number('live_objects', 'Ranges', 'Ranges mapped when the dump was written; what was unmapped in part counts each part'),
  size('at_peak_bytes', 'At peak', 'Addresses mapped when the process had mapped most'),
  size('peak_bytes', 'Own peak', 'Most addresses this call site ever had mapped', s => s.bound ? '\u2264' : ''),
  number('allocs', 'Calls', 'Calls ever made'),
  size('bytes', 'Bytes', 'Addresses ever mapped'),
]

/* onShow(site, kind): the flame graph is to show a call site. */
export function mappedStart(onShow) {
  byId('mapped').hidden = mappings.length === 0
  table = new Table(byId('mapped'), 'Mapped by the program', columns, mappings, 'share',
    site => () => path(site, 'range', 'call', onShow && (s => onShow(s, MAPPED))))
}

export function mappedShow(value) {
  field = value.key === 'waste' ? 'live_bytes' : value.field
  table.sorted = 'share'
  table.down = true
}

/* Shows those that the search finds below a frame of theirs (null: anywhere). */
export function mappedFilter(isFound, below) {
  const all = below?.sites
  table.filter(s => isFound(s) && (!all || all.has(s)))
  const live = sum(mappings, 'live_bytes'), found = sum(table.found, 'live_bytes')
  describe('mapped', `${bytes(live)} of addresses, not through malloc` +
    (table.found.length < mappings.length ? `: ${percent(found, live)} by ${plural(table.found.length, 'call site')} ${below ? `below ${below.name}` : 'found'}` : '; open a call site for its whole path'))
}
