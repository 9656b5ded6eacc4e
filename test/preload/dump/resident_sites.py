"""Compares a dump of resident_sites, as JSON on stdin, with what that program knows of its objects.
Usage: resident_sites.py PATHS HOLES"""
import collections, json, sys

paths, holes = int(sys.argv[1]), int(sys.argv[2])
dump = json.load(sys.stdin)
want, have = collections.Counter(), collections.Counter()
for k in range(paths):
    n = 16 + k % 400
    want[1, n, n, n] += 1
    want[1, n, n * (k % 2 == 0), n * (k % 2 == 0)] += 1
    want[1, 3000, 3000, 3000] += k % 100 == 0
HOLED = 2000
want[HOLED, 500 * HOLED, 500 * HOLED, 500 * HOLED - 4000 * holes] += 1

pinned = 0
for a in dump["accounts"]:
    site = dump["sites"][a["site"]]
    pinned += a["pinned_bytes"]
    if site["kind"] == "path" and len(site["path"]) > 5:
        have[a["allocs"], a["bytes"], a["live_bytes"], site["resident_bytes"]] += 1
# What the sites' objects pin is what the look at all slabs found to be free beside live objects.
free = sum(m["mapped"] for m in dump["mappings"] if m["kind"] == "free_cells_pinned")
wrong = list((want - have).items())[:3], list((have - want).items())[:3]
assert wrong == ([], []), f"wanted, not there: {wrong[0]}; there, not wanted: {wrong[1]}"
assert pinned == free > 0, (pinned, free)
assert holes > 50, holes
