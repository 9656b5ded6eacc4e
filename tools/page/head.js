/* The head of the page: which process it was, how it was watched, and what it came to. */
import { VALUES, arenas, blocks, cuts, estimate, health, lost, moment, process, resident, sites, untagged, wasteKnown, wasteWords } from './data.js'
import { byId, make } from './dom.js'
import { bytes, count, exact, plural } from './number.js'

const FORK_CHILD = 1, PEAK_BOUND = 2, PROBLEM = 1

function when() {
  const time = new Date(process.unix_time * 1000)
  return isNaN(time) ? 'at an unknown time' : time.toISOString().slice(0, 19).replace('T', ' ') + ' UTC'
}

function mode() {
  const tags = ['off', 'site', 'stack', 'verify'][process.tags] ?? 'of an unknown kind'
  if (process.tags === 0)
    return 'without tags: bytes are with rounding'
  const depth = process.tags >= 2 ? `:${process.depth}` : ''
  return `tags ${tags}${depth}, ` + (estimate
    ? `estimates (~): one allocation per ${bytes(process.sample_bytes)} was tagged` : 'every allocation counted')
}

/* Why some paths don't begin at the program's start. */
const cut = () => `${plural(cuts.paths, 'path')} cut at ${process.depth} frames` +
  (cuts.remedy > 0 ? ` (longer ones: ARENASHIM_TAG=stack:${cuts.remedy})` : '')

function about() {
  const parts = [...process.pid ? [`pid ${process.pid}`] : [], moment, when(), `on ${process.host}`, `shim ${process.version}`, mode()]
  if (process.flags & FORK_CHILD)
    parts.push(`a child of pid ${process.ppid}: counts start at the fork; what lived then counts as allocated`)
  if (cuts.paths > 0)
    parts.push(cut())
  return parts.join(' \u00b7 ')
}

/* What makes the figures doubtful, the worst first. */
function problems() {
  const gone = lost.map(name => `The section \u201c${name}\u201d of the dump is damaged or missing: what follows is without it.`)
  const counts = health.filter(h => h.flags & PROBLEM && h.count > 0).map(h => `${h.name}: ${exact(h.count)}`)
  const off = process?.tags === 0 && sites.length === 0
    ? ['Call sites were not recorded: run the program with ARENASHIM_TAG=stack:8.'] : []
  return [...gone, ...off, ...counts.length ? [`These make the figures doubtful: ${counts.join('; ')}.`] : []]
}

const figure = (title, value, more, digits) => make('div', {}, make('dt', {}, title),
  make('dd', { title: digits }, value), make('dd', { class: 'note' }, more))

/* The peak of a sampled dump is the top of a noisy curve; as tools/sites/rows.h has it. */
const noise = () => Math.min(process.peak_bytes, Math.floor(2 * Math.sqrt(process.peak_bytes * process.sample_bytes)))

function figures() {
  const sum = (list, field) => list.reduce((total, item) => total + item[field], 0)
  const total = key => VALUES.find(v => v.key === key).total
  const hasSites = sites.length > 0 // of a sampled dump arenas count small objects alone
  const allocs = hasSites ? total('allocs') : sum(arenas, 'total_allocs')
  const asked = hasSites ? total('bytes') : sum(arenas, 'total_size')
  const bound = estimate || (process?.flags & PEAK_BOUND ? '\u2264\u202f' : '')
  const uncounted = untagged ? ' of arenas; large ones are not counted' : ''
  return [
    process && figure('Live', estimate + bytes(process.live_bytes), `in ${estimate}${plural(process.live_objects, 'object')}${uncounted}`, exact(process.live_bytes)),
    process && figure('Peak', bound + bytes(process.peak_bytes), estimate ? `most at a time, or ${estimate}${bytes(noise())} less: noise` : 'most at a time', exact(process.peak_bytes)),
    figure('Allocations', estimate + count(allocs), `${estimate}${bytes(asked)} asked for`, exact(allocs)),
    hasSites && wasteKnown && figure('Waste', bytes(total('waste')), wasteWords, exact(total('waste'))),
    hasSites && !wasteKnown && figure('Waste', '\u2013', 'not known with samples'),
    hasSites && figure('Call sites', count(sites.length), 'that allocated', exact(sites.length)),
    figure('Arenas', count(arenas.length), plural(sum(arenas, 'total_blocks'), 'block'), exact(arenas.length)),
  ].filter(Boolean)
}

export function headStart() {
  const name = process?.program || 'A process'
  document.title = `${name} \u2014 arenashim`
  byId('program').textContent = name
  byId('about').textContent = process ? about() : 'Which process it was is lost.'
  byId('command').textContent = process?.command ?? ''
  byId('resident').textContent = resident && `resident ${resident.trim().replace('\n', ' \u00b7 ')}`
  byId('problems').append(...problems().map(p => make('p', {}, p)))
  byId('figures').append(...figures())
}
