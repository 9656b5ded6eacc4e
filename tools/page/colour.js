/* Colours of flame graph frames: a hue for each of the modules that matter most, apart for
 * colour-blind eyes too; neighbours of one hue differ in lightness. */
import { VALUES, innermost, modules, sites } from './data.js'

const HUES = [250, 70, 190, 320, 110, 20]

/* The modules whose code allocates most, by the innermost frame of call sites. */
function ranked() {
  const weight = new Map()
  for (const s of sites) {
    const m = innermost(s)?.module
    if (m)
      weight.set(m, (weight.get(m) ?? 0) + s.bytes / (VALUES[3].total || 1))
  }
  return [...weight].sort((a, b) => b[1] - a[1]).map(([m]) => m)
}

export const coloured = modules.length > 0 ? ranked().slice(0, HUES.length) : []

const colour = (light, dark, chroma, hue) =>
  `light-dark(oklch(${light} ${chroma} ${hue}), oklch(${dark} ${chroma} ${hue}))`

function shade(name) {
  let hash = 7
  for (let i = 0; i < name.length; i++)
    hash = (hash * 31 + name.charCodeAt(i)) % 10007
  return hash % 4
}

/* Of the hue's middle shade, for legends. */
export const moduleColour = module => fill(module, 1)

function fill(module, step) {
  const i = coloured.indexOf(module)
  return i < 0 ? colour(0.9 - step * 0.02, 0.36 + step * 0.02, 0.01, 250)
    : colour(0.88 - step * 0.025, 0.38 + step * 0.025, 0.075, HUES[i])
}

/* Of other modules, of what is no code, and of what is left of a frame. */
export const othersColour = fill(undefined, 1)

export function frameColour(node) {
  if (node.isRest)
    return colour(0.96, 0.26, 0.01, 250)
  if (node.frame?.label)
    return colour(0.93, 0.3, 0.05, 250)
  return fill(node.frame?.module, shade(node.name))
}
