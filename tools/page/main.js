/* Starts the page and joins its parts: value, search and zoom steer the flame graph and the tables. */
import { arenasFilter, arenasStart } from './arenas.js'
import { blocksStart } from './blocks.js'
import { classesStart } from './classes.js'
import { FIRST, HEAP, MAPPED, VALUES, sites } from './data.js'
import { byId, make } from './dom.js'
import { flameReset, flameSearch, flameShow, flameStart, flameZoomTo, flameZoomed } from './flame.js'
import { headStart } from './head.js'
import { ledgerStart } from './ledger.js'
import { mappedFilter, mappedShow, mappedStart } from './mapped.js'
import { memoryStart } from './memory.js'
import { searchSites } from './search.js'
import { sitesFilter, sitesShow, sitesStart } from './sites.js'
import { themeStart } from './theme.js'
import { timelineStart } from './timeline.js'
import './style.css' // after the libraries' own

const hasSites = sites.length > 0
const search = byId('search')
let words = ''

function filter() {
  arenasFilter(words)
  const isFound = searchSites(words)
  mappedFilter(isFound, flameZoomed(MAPPED))
  if (hasSites)
    byId('found').textContent = sitesFilter(isFound, flameZoomed(HEAP))
}

function show(value) {
  flameShow(value)
  sitesShow(value)
  mappedShow(value)
  filter()
}

function valuesStart() {
  byId('values').append(...VALUES.map(v => make('label', { title: v.what },
    make('input', { type: 'radio', name: 'value', value: v.key, checked: v === FIRST, onchange: () => show(v) }),
    make('span', {}, v.title))))
}

function searchStart() {
  let waiting
  search.addEventListener('input', () => {
    clearTimeout(waiting)
    waiting = setTimeout(searched, 120)
  })
}

function searched() {
  words = search.value.trim().toLowerCase()
  if (hasSites)
    flameSearch(words)
  filter()
}

function escaped() {
  if (search.value !== '') {
    search.value = ''
    searched()
  } else if (hasSites && (flameZoomed(HEAP) || flameZoomed(MAPPED))) {
    flameReset()
  }
}

function keysStart() {
  document.addEventListener('keydown', event => {
    if (event.key === 'Escape') {
      escaped()
    } else if (event.key === '/' && event.target !== search && !event.ctrlKey && !event.metaKey) {
      event.preventDefault()
      search.focus()
      search.select()
    }
  })
}

function navigationStart() {
  const sections = [...document.querySelectorAll('main section')].filter(s => !s.hidden)
  document.querySelector('nav').append(...sections.map(s =>
    make('a', { href: `#${s.id}` }, s.querySelector('h2').textContent)))
}

function start() {
  themeStart()
  headStart()
  valuesStart()
  searchStart()
  keysStart()
  arenasStart()
  blocksStart()
  classesStart()
  timelineStart()
  memoryStart()
  ledgerStart()
  const showInFlame = (site, kind) => { flameZoomTo(site, kind); byId('flame').scrollIntoView() }
  mappedStart(hasSites ? showInFlame : undefined)
  if (hasSites) {
    flameStart(filter)
    sitesStart(showInFlame)
    show(FIRST)
  } else {
    filter()
  }
  for (const id of hasSites ? [] : ['flame', 'sites', 'values'])
    byId(id).hidden = true
  navigationStart()
}

start()
