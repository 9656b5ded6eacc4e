/* The ledger as a stacked bar: every mapped byte by what it is for. */
import { ledger } from './data.js'
import { byId, describe, make } from './dom.js'
import { bytes, exact, percent } from './number.js'

const LINE = 0, TOTAL = 1, RESIDENT = 2

const lines = ledger.filter(l => l.kind === LINE)
const of = kind => ledger.find(l => l.kind === kind)?.bytes

/* Reserved addresses have no memory behind them, and would leave no room for all the rest. */
for (const l of lines)
  l.shown = l.bytes > 0 && !/\baddresses\b/.test(l.name)

/* Each of the largest has a colour of its own, those in the bar first. */
const ranked = [...lines].sort((a, b) => b.shown - a.shown || b.bytes - a.bytes)
ranked.forEach((l, rank) => { l.colour = `l${Math.min(rank, 9)}` })

function words() {
  const total = of(TOTAL), sum = lines.reduce((s, l) => s + l.bytes, 0)
  const agrees = total === undefined ? '' : total === sum
    ? `${bytes(total)} are mapped, and the lines add up to that`
    : `${bytes(total)} are mapped, but the lines add up to ${bytes(sum)}`
  return [agrees, of(RESIDENT) === undefined ? '' : `${bytes(of(RESIDENT))} are resident, says the kernel`]
    .filter(Boolean).join('; ')
}

const bar = make('div', { class: 'stack', role: 'img' })
const list = make('ul', { class: 'lines' })

function entry(line, i, sum) {
  const button = make('button', { type: 'button', 'aria-pressed': String(line.shown), disabled: line.bytes === 0,
    title: line.shown ? 'Leave out of the bar' : 'Show in the bar' },
    make('i', { class: line.colour }), make('span', {}, line.name))
  button.addEventListener('click', () => {
    line.shown = !line.shown
    draw()
    list.children[i].querySelector('button').focus()
  })
  return make('li', { class: line.shown ? '' : 'off' }, button,
    make('span', { class: 'number', title: exact(line.bytes) }, bytes(line.bytes)),
    make('span', { class: 'number' }, line.shown ? percent(line.bytes, sum) : ''))
}

function draw() {
  const shown = lines.filter(l => l.shown)
  const sum = shown.reduce((s, l) => s + l.bytes, 0)
  bar.setAttribute('aria-label', shown.map(l => `${l.name} ${percent(l.bytes, sum)}`).join(', '))
  bar.replaceChildren(...lines.map(l => l.shown && make('i', { class: l.colour,
    style: `flex-grow:${l.bytes}`, title: `${l.name}: ${bytes(l.bytes)}, ${percent(l.bytes, sum)}` })).filter(Boolean))
  list.replaceChildren(...lines.map((l, i) => entry(l, i, sum)))
}

export function ledgerStart() {
  const section = byId('ledger')
  section.hidden = lines.length === 0
  describe('ledger', words())
  section.append(bar, list)
  draw()
}
