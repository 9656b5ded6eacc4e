/* Elements, made without ever reading text as HTML: names in a dump may be anything. */

/* make('button', { class: 'x', onclick: f, 'aria-label': 'y' }, 'text', element, ...) */
export function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag)
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith('on'))
      element.addEventListener(name.slice(2), value)
    else if (value !== undefined && value !== false)
      element.setAttribute(name, value === true ? '' : value)
  }
  element.append(...children.filter(c => c !== undefined && c !== null && c !== ''))
  return element
}

export const byId = id => document.getElementById(id)

/* The words beside a section's title. */
export function describe(section, words) {
  byId(section).querySelector('.what').textContent = words
}

/* One of many elements is in the tab order; the arrow keys go to the one before or after it. */
export function rove(container, selector) {
  container.querySelector(selector)?.setAttribute('tabindex', '0')
  container.addEventListener('keydown', event => {
    const step = { ArrowLeft: -1, ArrowUp: -1, ArrowRight: 1, ArrowDown: 1 }[event.key]
    const all = [...container.querySelectorAll(selector)]
    const next = all[all.indexOf(event.target) + step]
    if (!step || !next)
      return
    event.preventDefault()
    event.target.setAttribute('tabindex', '-1')
    next.setAttribute('tabindex', '0')
    next.focus()
  })
}
