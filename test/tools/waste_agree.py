#!/usr/bin/python3
"""Compares the waste of a report at exit with the command's, to the byte: waste_agree.py STATS JSON.

The report has sums, and the ten call sites that waste most under their numbers; the JSON of the same
run's dump has each account's waste, and these are added up here.
"""
import json
import re
import sys

stats = open(sys.argv[1]).read()
dump = json.load(open(sys.argv[2]))
part = stats[stats.index("\nwaste by call site"):].split("\n\n")[0]


def amount(words):
    return int(re.search(rf"^  {words} +(\d+)$", part, re.M).group(1))


by_site = {}
for account in dump["accounts"]:
    by_site[account["site"]] = by_site.get(account["site"], 0) + account["waste"]
total = amount("rounding to cells") + amount("free cells in slabs that live objects pin") + amount("rounding by jemalloc")
rows = re.findall(r"^ +(\d+) +(\d+) +(\d+) +(\d+) +(\d+)(?:  \(path above\))?$", part, re.M)
assert len(rows) > 2, part
for site, waste, rounding, pinned, jemalloc in (map(int, row) for row in rows):
    assert waste == rounding + pinned + jemalloc, (site, waste)
    assert waste == by_site[site], f"site {site}: report {waste}, command {by_site[site]}"
assert total == sum(by_site.values()), f"in all: report {total}, command {sum(by_site.values())}"
shown = sorted((waste for waste in by_site.values() if waste > 0), reverse=True)[:10]
assert [int(row[1]) for row in rows] == shown, (rows, shown)
print(total)
