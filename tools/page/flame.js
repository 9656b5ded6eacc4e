/* The flame graph: d3-flame-graph, and on top of it keyboard, details and the choice of a value.
 *
 * The library is given what can be seen alone: the callers of the frame that is looked into, each
 * as wide as all, and below it the frames that are wide enough.  So it is quick whatever the dump.
 */
import flamegraph from 'd3-flame-graph'
import { select } from 'd3-selection'
import { coloured, frameColour, moduleColour } from './colour.js'
import { VALUES, estimate, place } from './data.js'
import { byId, describe, make } from './dom.js'
import { bytes, percent, short } from './number.js'
import { isHit } from './search.js'
import { root } from './tree.js'

const ROW = 20, NARROWEST = 640, VISIBLE = 1.5 // pixels

const holder = byId('chart')
let chart, onZoom
let value = VALUES[0], words = '', top = root, focused = root

const number = node => node.numbers[VALUES.indexOf(value)]
const amount = n => estimate + (value.key === 'allocs' ? short(n) : bytes(n))

function label(node) {
  const at = node.frame && place(node.frame)
  return `${node.name}${at ? ` \u2014 ${at}` : ''}: ${amount(number(node))}, ${percent(number(node), number(root))} of all`
}

/* What the library is given: { node, value, fade, children }. */
function visible(node, least) {
  const children = node.children.filter(c => number(c) >= least)
  return { node, value: number(node), children: children.map(c => visible(c, least)) }
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
  byId('reset').hidden = top === root
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
    make('li', {}, make('i', { style: `background:${moduleColour(m)}` }), m.name)))
}

const width = () => Math.max(NARROWEST, holder.clientWidth)

function resized() {
  if (chart.width() !== width()) {
    chart.width(width())
    draw()
  }
}

/* onZoom(): another frame is looked into. */
export function flameStart(zoomed) {
  onZoom = zoomed
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

/* The frame that is looked into, or null. */
export const flameZoomed = () => top === root ? null : top

export const flameReset = () => zoom(root)

export function flameZoomTo(node) {
  zoom(node)
  focus(node)
}

/* A frame that has nothing of the value is left. */
export function flameShow(chosen) {
  value = chosen
  describe('flame', `${value.title}: ${value.what}; outermost calls on top`)
  if (number(top) === 0)
    zoom(root)
  else
    draw()
}

export function flameSearch(searched) {
  words = searched
  draw()
}
