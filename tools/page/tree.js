/* Call paths as a tree that starts at the outermost frame: what the flame graph shows.
 *
 * A node stands for all call sites whose callers are the same calls from the outermost on, as
 * `arenashim tree` has them; its numbers are their sums, by index in VALUES.  Children are made when
 * somebody looks: most of a large dump's are too narrow to be seen ever.
 */
import { VALUES, frames, paths, process, sites, stack } from './data.js'

class Node {
  constructor(name, frame, parent) {
    Object.assign(this, { name, frame, parent, sites: [], inwards: [], numbers: VALUES.map(() => 0) })
  }

  /* A call site, and its path from here inwards: 0 when this is its innermost frame. */
  add(site, path) {
    this.sites.push(site)
    this.inwards.push(path)
    for (let i = 0; i < VALUES.length; i++)
      this.numbers[i] += site[VALUES[i].field]
  }

  get children() {
    const byName = new Map()
    this.sites.forEach((site, i) => step(this, byName, site, this.inwards[i]))
    const value = [...byName.values()].sort((a, b) => a.name < b.name ? -1 : 1)
    Object.defineProperty(this, 'children', { value })
    return value
  }
}

/* What has no path, or is no call's, has its words as the innermost frame, as in the exports. */
function step(node, byName, site, path) {
  const frame = frames[paths.frame[path - 1] - 1]
  const isEnd = node.parent && !node.frame // the words themselves
  const name = frame?.call ?? (isEnd ? '' : site.words || (site.path ? '' : '(no path)'))
  if (!name)
    return
  if (!byName.has(name))
    byName.set(name, new Node(name, frame, node))
  byName.get(name).add(site, frame ? paths.parent[path - 1] : 0)
}

export const root = new Node(process?.program || '(all)')
for (const site of sites)
  root.add(site, site.path)

/* The node of a call site's innermost frame. */
export function leafOf(site) {
  const names = stack(site.path).map(f => f.call)
  if (site.words || !site.path)
    names.push(site.words || '(no path)')
  return names.reduce((node, name) => node.children.find(c => c.name === name), root)
}
