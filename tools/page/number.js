/* Numbers in four digits and a unit, a power of 1000, as the command prints them on a terminal. */

const UNITS = ['', 'K', 'M', 'G', 'T', 'P', 'E']

export function short(value) {
  let unit = 0
  for (; value >= 9999.5 && unit < 6; unit++)
    value /= 1000
  if (unit === 0)
    return String(value)
  const digits = value < 9.9995 ? 3 : value < 99.995 ? 2 : value < 999.95 ? 1 : 0
  return value.toFixed(digits) + '\u202f' + UNITS[unit]
}

/* "12.35 MB" */
export function bytes(value) {
  const text = short(value)
  return /[A-Z]$/.test(text) ? text + 'B' : text + '\u202fB'
}

export const exact = value => value.toLocaleString('en')

export function percent(part, whole) {
  return whole > 0 ? (100 * part / whole).toFixed(1) + '\u202f%' : '\u2013'
}

export function plural(count, word) {
  return `${exact(count)} ${word}${count === 1 ? '' : 's'}`
}
