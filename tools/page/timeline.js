/* What the process held over time: a chart stacked by call site, and the table of one moment. */
import { estimate, events, moments, ownFrame, places, sites } from './data.js'
import { byId, describe, make } from './dom.js'
import { bytes, count, percent, plural } from './number.js'
import { Table } from './table.js'

const SERIES = 8, TOP = 18, BOTTOM = 20, HEIGHT = 280
const HUES = [250, 70, 190, 320, 110, 20, 150, 290]
const OTHERS = 'light-dark(oklch(0.85 0.01 250), oklch(0.42 0.01 250))'
const colour = i => `light-dark(oklch(0.72 0.11 ${HUES[i]}), oklch(0.55 0.1 ${HUES[i]}))`

const svg = (tag, attributes, ...children) => {
  const element = document.createElementNS('http://www.w3.org/2000/svg', tag)
  for (const [name, value] of Object.entries(attributes))
    element.setAttribute(name, value)
  element.append(...children)
  return element
}

/* "1.25 s", "3m 20s", "2h 05m", "4d 03h", as the command has it (tools/sites/axis.c). */
export function time(ns) {
  const s = Math.floor(ns / 1e9), two = n => String(n).padStart(2, '0')
  return s < 120 ? (ns / 1e9).toFixed(2) + '\u202fs' : s < 7200 ? `${Math.floor(s / 60)}m ${two(s % 60)}s`
    : s < 172800 ? `${Math.floor(s / 3600)}h ${two(Math.floor(s / 60) % 60)}m`
      : `${Math.floor(s / 86400)}d ${two(Math.floor(s / 3600) % 24)}h`
}

const name = site => site.words || ownFrame(site)?.name || '(no path)'
const held = (moment, site) => moment.shares.find(s => s.site === site)?.bytes ?? 0

/* The call sites that held most in any moment, the largest first; their curves lie one upon the other. */
function series() {
  const most = new Map()
  for (const m of moments)
    for (const s of m.shares)
      most.set(s.site, Math.max(most.get(s.site) ?? 0, s.bytes))
  return [...most].sort((a, b) => b[1] - a[1]).slice(0, SERIES).map(([site]) => site)
}

const highest = () => moments.reduce((best, m) => m.live_bytes > best.live_bytes ? m : best, moments[0])

let chosen, shown, table

/* ---- the chart ---- */

const end = () => Math.max(1, ...moments.map(m => m.time_ns), ...events.map(e => e.time_ns))
const most = () => Math.max(1, ...moments.map(m => Math.max(m.live_bytes, m.mapped_bytes)))

const scales = width => {
  const t = end(), b = most()
  return { x: ns => ns / t * width, y: value => HEIGHT - BOTTOM - value / b * (HEIGHT - TOP - BOTTOM) }
}

/* The area between two lists of values, one of each moment. */
function area({ x, y }, low, high, fill, title) {
  const up = moments.map((m, i) => `${x(m.time_ns).toFixed(1)},${y(high[i]).toFixed(1)}`)
  const down = moments.map((m, i) => `${x(m.time_ns).toFixed(1)},${y(low[i]).toFixed(1)}`).reverse()
  return svg('polygon', { points: [...up, ...down].join(' '), style: `fill: ${fill}` }, svg('title', {}, title))
}

/* The rest lies at the bottom, the largest call site next to it. */
function areas(scale) {
  const low = moments.map(() => 0)
  const step = (values, fill, title) => {
    const high = low.map((l, i) => l + values[i])
    const shape = area(scale, low, high, fill, title)
    high.forEach((h, i) => { low[i] = h })
    return shape
  }
  const values = shown.map(site => moments.map(m => held(m, site)))
  const rest = moments.map((m, i) => Math.max(0, m.live_bytes - values.reduce((sum, v) => sum + v[i], 0)))
  return [step(rest, OTHERS, 'all others'), ...shown.map((site, i) => step(values[i], colour(i), name(sites[site])))]
}

const upright = (x, kind, title) => svg('line', { class: kind, x1: x, x2: x, y1: TOP, y2: HEIGHT - BOTTOM }, svg('title', {}, title))

function labels({ x, y }, width) {
  const high = highest()
  const at = (at, height, words, anchor) => svg('text', { x: at, y: height, 'text-anchor': anchor }, words)
  return [
    svg('line', { class: 'grid', x1: 0, x2: width, y1: y(0), y2: y(0) }),
    svg('line', { class: 'grid', x1: 0, x2: width, y1: y(most()), y2: y(most()) }),
    at(2, TOP - 5, bytes(most()), 'start'), at(0, HEIGHT - 5, '0', 'start'), at(width, HEIGHT - 5, time(end()), 'end'),
    svg('line', { class: 'high', x1: x(high.time_ns), x2: x(high.time_ns), y1: y(high.live_bytes), y2: TOP }),
    svg('text', { class: 'peak', x: Math.min(Math.max(x(high.time_ns), 140), width - 60), y: TOP - 5, 'text-anchor': 'middle' },
      `\u25bc ${estimate}${bytes(high.live_bytes)}`),
  ]
}

function draw() {
  const chart = byId('axis'), width = Math.max(320, chart.clientWidth), scale = scales(width)
  const mapped = moments.map(m => `${scale.x(m.time_ns).toFixed(1)},${scale.y(m.mapped_bytes).toFixed(1)}`).join(' ')
  chart.setAttribute('viewBox', `0 0 ${width} ${HEIGHT}`)
  chart.replaceChildren(...areas(scale), svg('polyline', { class: 'mapped', points: mapped }), ...labels(scale, width),
    ...events.map(e => upright(scale.x(e.time_ns), 'event', `${e.words}, ${time(e.time_ns)}`)),
    upright(scale.x(chosen.time_ns), 'cursor', time(chosen.time_ns)))
}

/* ---- a moment ---- */

const columns = [
  { key: 'share', title: 'Share', hint: 'of what was alive then', value: s => s.bytes, text: s => percent(s.bytes, chosen.live_bytes) },
  { key: 'bytes', title: 'Live', hint: 'bytes alive then', value: s => s.bytes, text: s => estimate + bytes(s.bytes) },
  { key: 'name', title: 'Call site', name: true, value: s => s.name, cell: s => make('span', { class: 'site' }, make('b', {}, s.name), make('small', {}, s.place)) },
]

function rowOf({ site, bytes }) {
  const own = ownFrame(sites[site])
  return { bytes, name: name(sites[site]), place: own && !sites[site].words ? places([own]) : '' }
}

function rowsOf(moment) {
  const known = moment.shares.map(rowOf)
  const rest = moment.live_bytes - known.reduce((sum, s) => sum + s.bytes, 0)
  const all = rest > 0 ? [...known, { bytes: rest, name: '(all other call sites)', place: '' }] : known
  return all.map((row, index) => ({ ...row, index }))
}

function words(m) {
  const resident = m.resident_bytes > 0 ? `, ${bytes(m.resident_bytes)} resident` : ''
  return `${time(m.time_ns)}: ${estimate}${bytes(m.live_bytes)} live, ${bytes(m.mapped_bytes)} mapped${resident}, ${count(m.allocs)} allocations`
}

function choose(moment) {
  chosen = moment
  byId('moment').value = moment.index
  byId('moment').setAttribute('aria-valuetext', words(moment))
  byId('moment-words').textContent = words(moment)
  if (table) {
    table.rows = rowsOf(moment)
    table.draw()
  }
  draw()
}

/* The moment that is nearest to where the chart was clicked. */
function clicked(event) {
  const box = byId('axis').getBoundingClientRect(), ns = (event.clientX - box.left) / box.width * end()
  choose(moments.reduce((best, m) => Math.abs(m.time_ns - ns) < Math.abs(best.time_ns - ns) ? m : best, moments[0]))
}

const key = (fill, words) => make('li', {}, make('i', { style: `background: ${fill}` }), words)

export function timelineStart() {
  const section = byId('timeline')
  section.hidden = moments.length === 0
  if (section.hidden)
    return
  shown = series()
  describe('timeline', `${plural(moments.length, 'moment')} of ${time(end())}; most: ${estimate}${bytes(highest().live_bytes)}`)
  byId('timeline').append(
    svg('svg', { id: 'axis', role: 'img', 'aria-label': 'Live bytes over time, by call site' }),
    make('input', { type: 'range', id: 'moment', min: '0', max: String(moments.length - 1), step: '1', 'aria-label': 'Moment', oninput: event => choose(moments[event.target.value]) }),
    make('p', { id: 'moment-words', 'aria-live': 'polite' }))
  if (shown.length > 0)
    section.append(make('ul', { class: 'legend', 'aria-label': 'Colours of call sites' },
      ...shown.map((site, i) => key(colour(i), name(sites[site]))), key(OTHERS, 'all others')))
  if (shown.length > 0)
    table = new Table(section, 'What call sites held at that moment', columns, rowsOf(highest()), 'bytes')
  byId('axis').addEventListener('click', clicked)
  new ResizeObserver(draw).observe(byId('axis'))
  choose(highest())
}
