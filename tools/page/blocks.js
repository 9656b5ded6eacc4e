/* The map of blocks: a square each, arena by arena, in the colour of how full it is. */
import { arenas, blocks } from './data.js'
import { byId, describe, make, rove } from './dom.js'
import { bytes, exact, percent, plural } from './number.js'

/* Cividis, which all eyes see as getting lighter. */
const STEPS = ['#00224e', '#123570', '#3b496c', '#575d6d', '#707173', '#8a8678', '#a59c74', '#c3b369', '#e1cc55', '#fee838']
const MANY = 2000
const FEW_OWNERS = 12 // more of them share one grid

const full = b => b.bytes > 0 ? Math.min(1, b.in_use / b.bytes) : 0
const step = b => Math.min(STEPS.length - 1, Math.floor(full(b) * STEPS.length))

function words(b) {
  const slabs = `${plural(b.slabs, 'slab')}, ${bytes(b.passed)} passed out`
  return `Block ${b.number}: ${percent(b.in_use, b.bytes)} full, ${bytes(b.in_use)} of ${bytes(b.bytes)} in use; ` +
    `${slabs}; ${plural(b.age, 'allocation')} old`
}

function square(b, whose) {
  const style = b.in_use > 0 ? `background:${STEPS[step(b)]}` : undefined
  const title = whose + words(b)
  return make('i', { class: b.in_use > 0 ? 'block' : 'block empty', style, title, tabindex: '-1', role: 'img', 'aria-label': title })
}

function ownerName(arena) {
  const a = arenas[arena - 1]
  return a ? `${a.number} ${a.name}` : 'no arena'
}

/* Blocks of one owner, or of all, as many as a browser draws without a pause. */
function owner(name, list, detail, whose = () => '') {
  const used = list.reduce((sum, b) => sum + b.in_use, 0), size = list.reduce((sum, b) => sum + b.bytes, 0)
  const map = make('div', { class: 'map' }, ...list.slice(0, MANY).map(b => square(b, whose(b))))
  rove(map, '.block')
  const tell = event => { detail.textContent = event.target.title || '' }
  map.addEventListener('mouseover', tell)
  map.addEventListener('focusin', tell)
  const rest = list.length > MANY ? `, of which the first ${exact(MANY)} are shown` : ''
  return make('div', { class: 'owner' },
    make('h3', {}, name),
    make('p', {}, `${plural(list.length, 'block')}${rest}, ${bytes(size)}, ${percent(used, size)} full`), map)
}

function legend() {
  return make('ul', { class: 'legend scale', 'aria-label': 'Colours of fullness' },
    make('li', {}, make('i', { class: 'empty' }), 'empty'),
    ...STEPS.map((colour, i) => make('li', {}, make('i', { style: `background:${colour}` }), i === 0 ? '<10\u202f%' : i === STEPS.length - 1 ? '90\u2013100\u202f%' : '')))
}

export function blocksStart() {
  const section = byId('blocks')
  section.hidden = blocks.length === 0
  describe('blocks', 'what arenas take and give back at a time; point at a square')
  const owners = new Map()
  for (const b of blocks)
    owners.set(b.arena, owners.get(b.arena) ?? []).get(b.arena).push(b)
  const detail = make('p', { class: 'detail', 'aria-live': 'polite' })
  const sorted = [...owners].sort((a, b) => (a[0] || Infinity) - (b[0] || Infinity))
  const maps = sorted.length <= FEW_OWNERS
    ? sorted.map(([arena, list]) => owner(ownerName(arena), list, detail))
    : [owner(`${exact(sorted.length)} arenas`, sorted.flatMap(([, list]) => list), detail, b => `${ownerName(b.arena)}: `)]
  section.append(legend(), make('div', { class: 'owners' }, ...maps), detail)
}
