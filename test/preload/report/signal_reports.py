#!/usr/bin/python3
"""Checks reports written by signal: signal_reports.py OUTPUT REPORT...

OUTPUT is what signal_report printed; its first line is the books of the threads that had ended
before the first signal. In each report the arenas without a mark are theirs and must agree."""
import re
import sys

books = dict(word.split("=") for word in open(sys.argv[1], encoding="ascii").readline().split())
want = [int(books["allocs"]), int(books["live"]), int(books["requested_live_rounded"]), int(books["frees"])]
marked = visited = 0
for path in sys.argv[2:]:
    text = open(path, encoding="ascii").read()
    if "at exit" in text.split("\n")[0]:
        continue
    lines = text.split("\n")
    assert re.search(r"resident size.* \d+\n$", text), f"{path}: cut short"
    first = lines.index(next(l for l in lines if l.startswith("arena name"))) + 1
    second = lines.index(next(l for l in lines if l.startswith("arena threads"))) + 1
    have = [0, 0, 0, 0]
    arenas = running = 0
    while lines[first + arenas]:
        taken, alive = lines[first + arenas], lines[second + arenas].split()
        if taken[5] == "*":
            marked += 1
        else:
            have[0] += int(taken[19:].split()[0])
            for i, column in ((1, 2), (2, 3), (3, 5)):
                have[i] += int(alive[column])
        arenas += 1
        running += taken[5] == "*"
    if running < 5:
        continue  # the busy threads have ended too: a signal that came late
    if running > 5:  # one of them was just looking at an arena of an ended thread
        visited += 1
        continue
    assert have == want, f"{path}: ended threads made, keep, keep bytes, freed {have}, not {want}"
    ledger = text[text.index("ledger:"):].split("\n")[1:]
    amounts = {l[:46].strip(): int(l[46:]) for l in ledger if l.strip()}
    # The other threads go on while the ledger is read: its own lines add up all the same.
    parts = sum(v for k, v in amounts.items() if not k.startswith(("sum of", "mapped, by", "resident", "DIFF")))
    assert parts == amounts["sum of these lines"], f"{path}: the lines add up to {parts}"
assert marked > 0, "no arena was marked as running"
assert visited * 20 < len(sys.argv), f"arenas of ended threads were marked in {visited} reports"
print(f"{len(sys.argv) - 2} reports agree")
