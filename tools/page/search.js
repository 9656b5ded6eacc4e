/* What a search finds: call sites that have a frame whose name, file or module holds the words. */
import { frameText, frames, paths } from './data.js'

/* For each call site whether one of its calls is found; every one when nothing is searched for. */
export function searchSites(words) {
  if (!words)
    return () => true
  const hits = frames.map(f => frameText(f).includes(words))
  const found = new Uint8Array(paths.parent.length + 1)
  paths.parent.forEach((parent, i) => { // parents stand before their children
    found[i + 1] = found[parent] || hits[paths.frame[i] - 1] ? 1 : 0
  })
  return site => site.words.includes(words) || site.calls.some(c => found[c.path] === 1)
}

export function isHit(node, words) {
  if (node.isRest)
    return false
  return node.frame ? [...node.frames].some(f => frameText(f).includes(words)) : node.name.toLowerCase().includes(words)
}

