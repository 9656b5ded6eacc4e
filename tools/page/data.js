/* The dump's data, as the page carries it, turned into objects; html_data.h says in which form. */

const table = id => JSON.parse(document.getElementById('data-' + id).textContent)
const strings = table('strings')

/* The rows of a table; the columns in `texts` are given as text. */
function rows(id, texts = []) {
  const columns = Object.entries(table(id))
  const count = columns[0][1].length
  const all = new Array(count)
  for (let i = 0; i < count; i++) {
    const row = all[i] = { index: i }
    for (const [name, values] of columns)
      row[name] = values[i]
    for (const name of texts)
      row[name] = strings[row[name]]
  }
  return all
}

const last = path => path.slice(path.lastIndexOf('/') + 1) || path

export const process = rows('process', ['program', 'command', 'host', 'version', 'options'])[0]
export const moment = rows('moment', ['words'])[0].words
export const lost = rows('lost', ['name']).map(l => l.name)
export const arenas = rows('arenas', ['name'])
export const classes = rows('classes')
export const ledger = rows('ledger', ['name'])
export const resident = rows('resident', ['words'])[0].words // lines; '': not known
export const memory = rows('memory', ['name', 'words'])
for (const part of memory)
  part.rows = []
for (const row of rows('memory_rows', ['words']))
  memory[row.part].rows.push(row)
export const health = rows('health', ['name'])
export const blocks = rows('blocks')
export const modules = rows('modules', ['path', 'build_id'])
export const frames = rows('frames', ['function', 'label', 'cut', 'file', 'type'])
export const paths = table('paths')
export const sites = rows('sites', ['words', 'lives', 'half', 'most'])
const calls = rows('calls')
export const mappings = rows('mapped', ['words']) // call sites that mapped memory themselves
const mappingCalls = rows('mapped_calls')
export const regions = rows('regions', ['name'])
export const cuts = rows('cuts')[0]

/* The time axis: what was held at moments of the process's life, by whom, and what happened. */
export const moments = rows('moments')
export const events = rows('events', ['words'])
for (const m of moments)
  m.shares = []
for (const share of rows('shares'))
  moments[share.moment].shares.push(share)

/* Of a sampled dump, what call sites show is estimated. */
export const estimate = process?.sample_bytes > 0 ? '~' : ''

/* Without tags large requests are in no arena, and requested bytes are not known; of a sampled dump
 * these are known of some objects only, and pinned cells are not known; waste needs accounts. */
export const untagged = process?.tags === 0
/* Of samples, and where nothing was freed, it is not known how long objects lived. */
export const livesKnown = sites.some(s => s.lives)
/* A record has no blocks: of waste it knows rounding alone, of classes no requested bytes. */
export const ofRecord = Boolean(process?.flags & 64)
export const exactly = process?.tags > 0 && !estimate && !ofRecord
export const wasteWords = ofRecord ? 'rounding; a record has no half-empty slabs' : 'rounding and half-empty slabs'
export const wasteKnown = !estimate && !lost.includes('accounts') && !(untagged && sites.length === 0)

for (const m of modules)
  m.name = (last(m.path) || '(module without a name)') + (m.flags & 1 ? ' (unloaded)' : '')

function frameName(f) {
  if (f.cut)
    return f.cut
  if (f.label)
    return `[${f.label}]`
  const offset = '0x' + f.offset.toString(16)
  return f.function || (f.module ? `${last(f.module.path)}+${offset}` : offset)
}

/* name: what it is called; module: the file its code is from, or undefined. */
for (const f of frames) {
  f.module = modules[f.module - 1]
  f.name = frameName(f)
}

/* What it allocates, where that is known. */
export const typeOf = f => f.type ? ` [${f.type}]` : ''

/* The lines of calls of one function: ":7", of several ":7, 12, 31 and 4 more", or "". */
const LINES = 3
export function linesOf(calls) {
  const lines = [...new Set(calls.filter(f => f.line && f.file === calls[0].file).map(f => f.line))].sort((a, b) => a - b)
  const rest = lines.length > LINES ? ` and ${lines.length - LINES} more` : ''
  return lines.length > 0 ? `:${lines.slice(0, LINES).join(', ')}${rest}` : ''
}

/* The place of calls of one function, without directories: file and lines, or the module. */
export function places(calls) {
  const [first] = calls
  return (first.file ? last(first.file) + linesOf(calls) : first.module?.name ?? '') + typeOf(first)
}

/* A frame by its line, or where none is known, by where in the function its call is. */
const callName = f => f.line ? `${f.name} (${places([f])})` : f.inside ? `${f.name}+0x${f.inside.toString(16)}` : f.name
for (const f of frames)
  f.call = callName(f)

/* What a search looks into. */
export const frameText = f =>
  `${f.name} ${f.file}${linesOf([f])}${typeOf(f)} ${f.module?.path ?? ''}`.toLowerCase()

/* The frames of a path, outermost first. */
export function stack(path) {
  const all = []
  for (; path > 0; path = paths.parent[path - 1])
    all.push(frames[paths.frame[path - 1] - 1])
  return all
}

/* A call site has one or several calls: paths through the same functions, by other lines far out. The
 * first of them will do where these don't show. */
function join(sites, calls) {
  for (const s of sites)
    s.calls = []
  for (const c of calls) {
    c.owner = sites[c.site]
    c.words = c.owner.words
    c.owner.calls.push(c)
  }
  for (const s of sites)
    Object.assign(s, { path: s.calls[0].path, own: s.calls[0].own })
}
join(sites, calls)
join(mappings, mappingCalls)

/* What call sites may be of, and which calls they have: of malloc and its family, or of mmap and its.
 * Mappings are counted exactly, also with samples. */
export const HEAP = { key: 'heap', title: 'malloc', what: 'memory that malloc served', caller: 'malloc', sites, calls, estimate }
export const MAPPED = { key: 'mapped', title: 'mmap', what: 'address space that the program mapped itself', caller: 'mmap', sites: mappings, calls: mappingCalls, estimate: '' }

/* The innermost frame of a site's path, whose function called malloc; or undefined. */
const inner = new Uint32Array(paths.parent.length + 1) // parents stand before their children
paths.parent.forEach((parent, i) => { inner[i + 1] = parent ? inner[parent] : paths.frame[i] })
export const innermost = site => frames[inner[site.path] - 1]

/* The first of its frames in the program's own source, which is what its author looks for; the
 * innermost where none is known. */
export const ownFrame = site => frames[paths.frame[site.own - 1] - 1] ?? innermost(site)

/* The waste of arenas is known by account alone. */
table('waste').waste.forEach((bytes, i) => { arenas[i].waste = bytes })

for (const a of arenas)
  a.text = `${a.number} ${a.name}`.toLowerCase()
for (const r of regions)
  r.text = r.name.toLowerCase()

/* The values to choose from, in the order of enum sort (tools/sites/rows.h). Each adds up over call sites;
 * a site's own peak does not, so it is none of them. */
const WASTE = { key: 'waste', field: 'waste', title: 'Waste', what: ofRecord ? 'bytes that rounding costs' : 'bytes that rounding and half-empty slabs cost' }
export const VALUES = [
  { key: 'live', field: 'live_bytes', title: 'Live', what: 'bytes alive when the dump was written' },
  { key: 'peak', field: 'at_peak_bytes', title: 'At peak', what: 'bytes alive when the process held most' },
  { key: 'allocs', field: 'allocs', title: 'Allocations', what: 'allocations ever made' },
  { key: 'bytes', field: 'bytes', title: 'Bytes', what: 'bytes ever asked for' },
  ...wasteKnown ? [WASTE] : [],
]

export const FIRST = VALUES[table('first').value[0]] ?? VALUES[0]

const sum = field => sites.reduce((total, s) => total + s[field], 0)
for (const v of VALUES)
  v.total = sum(v.field)
