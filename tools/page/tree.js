/* Call paths as two trees, which the flame graph shows.
 *
 *   top-down     starts at the outermost frames, as `arenashim tree` does: a node stands for all calls
 *                that have the same callers from the outermost on
 *   bottom-up    starts at the functions that called malloc, or mmap, with their callers below: a
 *                node stands for all calls that come to the same ones
 *
 * Calls from different lines of a function are different nodes, but for those far out in the first
 * tree (the program's own source stands between them and the allocation) and the functions at the
 * top of the second: such a node has the frames of all its lines.  Its numbers are the sums of its
 * calls, by index in VALUES.  Children are made when they are first drawn: most of a large dump's
 * are too narrow for that.
 */
import { VALUES, frames, paths, process } from './data.js'

const NO_PATH = '(no path)'
const wordsOf = call => call.words || (call.path ? '' : NO_PATH)

class Node {
  constructor(way, name, frame, parent) {
    Object.assign(this, { way, name, frame, parent, frames: new Set(), calls: [], onwards: [], numbers: VALUES.map(() => 0) })
  }

  /* A call, the frame by which it gets here, and how it goes on. */
  add(call, frame, onward) {
    this.calls.push(call)
    this.onwards.push(onward)
    if (frame)
      this.frames.add(frame)
    for (let i = 0; i < VALUES.length; i++)
      this.numbers[i] += call[VALUES[i].field]
  }

  get children() {
    const byName = new Map()
    this.calls.forEach((call, i) => {
      const next = this.way.next(call, this.onwards[i])
      if (!next)
        return
      if (!byName.has(next.name))
        byName.set(next.name, new Node(this.way, next.name, next.frame, this))
      byName.get(next.name).add(call, next.frame, next.onward)
    })
    const value = [...byName.values()].sort((a, b) => a.name < b.name ? -1 : 1)
    Object.defineProperty(this, 'children', { value })
    return value
  }

  /* The call sites whose calls it stands for. */
  get sites() {
    return new Set(this.calls.map(c => c.owner))
  }
}

/* From the outermost frame inwards: `onward` is the path that is left, 0 when none is, END after the
 * words of what has no path, or is no call's; they stand innermost, as in the exports. */
const END = -1
const topDown = {
  key: 'top-down', title: 'Top-down', what: () => 'outermost calls on top', self: node => `${node.name} itself`,
  start: call => call.path,
  next(call, path) {
    if (path > 0) {
      const frame = frames[paths.frame[path - 1] - 1]
      return { name: paths.far[path - 1] ? frame.name : frame.call, frame, onward: paths.parent[path - 1] }
    }
    return path === 0 && wordsOf(call) ? { name: wordsOf(call), onward: END } : undefined
  },
}

/* Of a call: its path's frames, innermost first, each by the path that ends at it. */
function trail(call) {
  if (!call.trail) {
    call.trail = []
    for (let path = call.path; path > 0; path = paths.parent[path - 1])
      call.trail.push(path)
    call.trail.reverse()
  }
  return call.trail
}

/* From the innermost frame outwards: `onward` is the number of frames behind us; words come first. */
const WORDS = -1
const bottomUp = {
  key: 'bottom-up', title: 'Bottom-up', what: kind => `functions that called ${kind.caller} on top, below each its callers`,
  self: () => 'no caller was recorded',
  start: call => wordsOf(call) ? WORDS : 0,
  next(call, at) {
    if (at === WORDS)
      return { name: wordsOf(call), onward: 0 }
    const path = trail(call)[at]
    if (!path)
      return undefined
    const frame = frames[paths.frame[path - 1] - 1]
    return { name: at === 0 && !wordsOf(call) ? frame.name : frame.call, frame, onward: at + 1 }
  },
}

export const WAYS = [topDown, bottomUp]

/* The root of a kind's tree (HEAP, MAPPED), made when it is first asked for. */
const roots = new Map(WAYS.map(way => [way, new Map()]))
export function rootOf(way, kind) {
  const made = roots.get(way)
  if (!made.has(kind)) {
    const root = new Node(way, process?.program || '(all)')
    for (const call of kind.calls)
      root.add(call, undefined, way.start(call))
    made.set(kind, root)
  }
  return made.get(kind)
}

/* In a tree, the node at which a call ends. */
export function leafOf(call, way, kind) {
  let node = rootOf(way, kind)
  for (let next = node; next; next = node.children.find(c => c.calls.includes(call)))
    node = next
  return node
}
