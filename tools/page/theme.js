/* Dark or light: as the system has it, until the button says otherwise. */
import { byId } from './dom.js'

const system = matchMedia('(prefers-color-scheme: dark)')

function isDark() {
  const chosen = document.documentElement.dataset.theme
  return chosen ? chosen === 'dark' : system.matches
}

function label() {
  byId('theme').textContent = isDark() ? 'Light' : 'Dark'
  byId('theme').setAttribute('aria-label', isDark() ? 'Switch to light colours' : 'Switch to dark colours')
}

export function themeStart() {
  byId('theme').addEventListener('click', () => {
    document.documentElement.dataset.theme = isDark() ? 'light' : 'dark'
    label()
  })
  system.addEventListener('change', label)
  label()
}
