/* The flame graph: d3-flame-graph, and on top of it keyboard, details and the choice of a value and of
 * a tree (tree.js).
 *
 * The library is given what can be seen alone: the callers of the frame that is looked into, each
 * as wide as all, and below it the frames that are wide enough.  So it is quick whatever the dump.
 * What is left of a frame beside those has a box, too, which says what it is: the frames that are too
 * narrow, and what the frame has by itself.
 */
import flamegraph from 'd3-flame-graph'
import { select } from 'd3-selection'
import { coloured, frameColour, moduleColour, othersColour } from './colour.js'
import { FIRST, HEAP, MAPPED, VALUES, places } from './data.js'
import { byId, describe, make } from './dom.js'
import { bytes, count, percent, plural } from './number.js'
import { isHit } from './search.js'
import { WAYS, leafOf, rootOf } from './tree.js'

const ROW = 20, NARROWEST = 640, VISIBLE = 1.5 // pixels

const holder = byId('chart')
let chart, onZoom
let way = WAYS[0], kind = HEAP, value = FIRST, words = '', top = rootOf(way, kind), focused = top

const root = () => rootOf(way, kind)
const number = node => node.numbers[VALUES.indexOf(value)]
const amount = n => kind.estimate + (value.key === 'allocs' ? count(n) : bytes(n))

function label(node) {
  const at = node.frame && places([...node.frames])
  return `${node.name}${at ? ` \u2014 ${at}` : ''}: ${amount(number(node))}, ${percent(number(node), number(root()))} of all`
}

const sum = nodes => nodes.reduce((total, n) => total + number(n), 0)

/* A box for a part of a frame that is none of its wide children; of no use for another value. */
const rest = (parent, name, part, calls, children) => ({ name, parent, calls, children, isRest: true,
  sites: new Set(calls.map(c => c.owner)), numbers: VALUES.map(v => v === value ? part : 0) })

function rests(node, narrow, least) {
  const all = [], own = number(node) - sum(node.children)
  if (sum(narrow) >= least)
    all.push(rest(node, `${plural(narrow.length, 'frame')} too narrow to draw`, sum(narrow), narrow.flatMap(n => n.calls), narrow))
  if (own >= least && node.children.length > 0)
    all.push(rest(node, way.self(node), own, node.calls.filter((c, i) => !way.next(c, node.onwards[i])), []))
  return all
}

/* What the library is given: { node, value, fade, children }.  Frames that are too narrow are drawn when
 * their box is looked into. */
function visible(node, least) {
  const wide = node.children.filter(c => number(c) >= least)
  const narrow = node.children.filter(c => number(c) > 0 && number(c) < least)
  return { node, value: number(node), children: [...wide.map(c => visible(c, least)),
    ...rests(node, narrow, least).map(r => ({ node: r, value: number(r), children: [] }))] }
}

function data() {
  let all = visible(top, Math.max(1, number(top) * VISIBLE / chart.width()))
  for (let node = top.parent; node; node = node.parent)
    all = { node, value: all.value, fade: true, children: [all] }
  return all
}

const groups = () => [...holder.querySelectorAll('g.frame')]
const nodeOf = group => select(group).datum().data.node
const groupOf = node => groups().find(g => nodeOf(g) === node)

/* After each of the library's updates: what it does not know of. */
function decorate() {
  const svg = holder.querySelector('svg')
  const all = groups()
  svg.setAttribute('height', (1 + Math.max(...all.map(g => select(g).datum().depth))) * ROW + 2)
  svg.classList.toggle('searching', words !== '')
  const first = all.find(g => nodeOf(g) === focused) ?? all[0]
  for (const g of all) {
    g.classList.toggle('hit', select(g).datum().highlight === true)
    g.setAttribute('role', 'button')
    g.setAttribute('tabindex', g === first ? '0' : '-1')
  }
}

function draw() {
  chart.update(data())
  if (words)
    chart.search(words)
  decorate()
}

function zoom(node) {
  top = focused = node
  byId('reset').hidden = top === root()
  draw()
  onZoom()
}

/* The frame above, below or beside one, of those that are shown. */
function neighbour(d, key) {
  if (key === 'ArrowUp')
    return d.parent
  if (key === 'ArrowDown')
    return d.children?.reduce((widest, c) => c.value > widest.value ? c : widest)
  const level = groups().map(g => select(g).datum()).filter(n => n.depth === d.depth).sort((a, b) => a.x0 - b.x0)
  return level[level.indexOf(d) + (key === 'ArrowRight' ? 1 : -1)]
}

function focus(node) {
  focused = node
  decorate()
  groupOf(node)?.focus()
}

function keyed(event) {
  const group = event.target.closest('g.frame')
  const isEnter = event.key === 'Enter' || event.key === ' '
  if (!group || !(isEnter || event.key.startsWith('Arrow')))
    return
  event.preventDefault()
  if (isEnter)
    zoom(nodeOf(group))
  focus(isEnter ? focused : neighbour(select(group).datum(), event.key)?.data.node ?? nodeOf(group))
}

function legend() {
  byId('hues').replaceChildren(...coloured.map(m =>
    make('li', {}, make('i', { style: `background:${moduleColour(m)}` }), m.name)),
  make('li', {}, make('i', { style: `background:${othersColour}` }), coloured.length > 0 ? 'all others' : 'all frames'))
}

const width = () => Math.max(NARROWEST, holder.clientWidth)

function resized() {
  if (chart.width() !== width()) {
    chart.width(width())
    draw()
  }
}

/* A switch: one of several is chosen, at first the first. */
function choices(id, all, title, chosen) {
  byId(id).append(...all.map((one, i) => make('label', { title: title(one) },
    make('input', { type: 'radio', name: id, value: one.key, checked: i === 0, onchange: () => { chosen(one); viewChosen() } }),
    make('span', {}, one.title))))
}

function viewsStart() {
  choices('views', WAYS, w => w.what(kind), chosen => { way = chosen })
  choices('kinds', [HEAP, MAPPED], k => k.what, chosen => { kind = chosen })
  byId('kinds').hidden = MAPPED.sites.length === 0
}

function viewChosen() {
  zoom(root())
  described()
}

/* zoomed(): another frame is looked into. */
export function flameStart(zoomed) {
  onZoom = zoomed
  viewsStart()
  chart = flamegraph().width(width()).cellHeight(ROW).inverted(true).transitionDuration(0).resetHeightOnZoom(true)
    .getName(d => d.data.node.name).setLabelHandler(d => label(d.data.node))
    .setDetailsHandler(text => { byId('detail').textContent = text ?? '' })
    .setColorMapper(d => frameColour(d.data.node)).setSearchMatch((d, term) => isHit(d.data.node, term))
    .setSearchHandler(() => {}).onClick(d => zoom(d.data.node))
  select(holder).datum(data()).call(chart)
  legend()
  holder.addEventListener('keydown', keyed)
  holder.addEventListener('focusin', event => {
    const group = event.target.closest('g.frame')
    byId('detail').textContent = group ? label(nodeOf(group)) : ''
  })
  byId('reset').addEventListener('click', flameReset)
  new ResizeObserver(resized).observe(holder)
}

/* The frame that is looked into, of a kind of call sites, or null. */
export const flameZoomed = of => of !== kind || top === root() ? null : top

export const flameReset = () => zoom(root())

/* Looks into the widest of a call site's paths. */
export function flameZoomTo(site, of) {
  kind = of
  byId('kinds').querySelector(`[value=${kind.key}]`).checked = true
  described()
  const widest = site.calls.reduce((a, b) => b[value.field] > a[value.field] ? b : a)
  const node = leafOf(widest, way, kind)
  zoom(node)
  focus(node)
}

const described = () => describe('flame', kind === HEAP ? `${value.title}: ${value.what}; ${way.what(kind)}` : `${value.title} of ${kind.what}; ${way.what(kind)}`)

/* A frame that has nothing of the value is left. */
export function flameShow(chosen) {
  value = chosen
  described()
  if (number(top) === 0)
    zoom(root())
  else
    draw()
}

export function flameSearch(searched) {
  words = searched
  draw()
}
