/* Numbers as people read them; the same rule as the command's (tools/base/units.h).
 *
 *   bytes      1023 B   1.00 KiB   10.2 KiB   1023 KiB   1.00 MiB       powers of 1024
 *   counts     999      1.00k      10.2k      999k       1.00M          powers of 1000
 *   percent    0.0%     5.2%       100.0%                               one digit behind the point
 *
 * Three significant digits; a number gets the next unit when it, rounded, fills one of that.
 */
const COUNTS = { step: 1000, full: 999.5, names: ['', 'k', 'M', 'G', 'T', 'P', 'E'] }
const BYTES = { step: 1024, full: 1023.5, names: ['\u202fB', '\u202fKiB', '\u202fMiB', '\u202fGiB', '\u202fTiB', '\u202fPiB', '\u202fEiB'] }

function scaled(value, { step, full, names }) {
  let power = 0
  for (; value >= (power === 0 ? step : full) && power < names.length - 1; power++)
    value /= step
  return (power === 0 ? String(value) : value.toFixed(value < 9.995 ? 2 : value < 99.95 ? 1 : 0)) + names[power]
}

/* "12.3k" and "12.3 KiB". */
export const count = value => scaled(value, COUNTS)
export const bytes = value => scaled(value, BYTES)

export const exact = value => value.toLocaleString('en')

export function percent(part, whole) {
  return whole > 0 ? (100 * part / whole).toFixed(1) + '%' : '\u2013'
}

export function plural(number, word) {
  return `${exact(number)} ${word}${number === 1 ? '' : 's'}`
}
