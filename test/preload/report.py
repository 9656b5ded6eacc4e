#!/usr/bin/python3
"""Reads a text report, checks what must hold in every report, prints its numbers as NAME=VALUE.

Usage: report.py [--books BOOKS THREADS] FILE [EXPRESSION...]
EXPRESSION is over the names and must be true. BOOKS is what test/preload/counters printed: the
report must agree with it in every class and in total, but for what glibc allocates for each of
THREADS threads: at most one vector of thread-local blocks, of 288 bytes with rounding.
Names: allocs size live live_bytes frees remote big (sums over arenas), arenas, blocks, block_bytes,
block_size, running, forked, resident, mapped, cells (allocated bytes), free_bytes, regions (rows).
"""
import re
import sys

UNITS = {"K": 1 << 10, "M": 1 << 20, "": 1}


def fail(what):
    sys.exit(f"report.py: {what}")


def rows(text, title):
    """The lines of numbers in the table with that title."""
    start = text.index(title)
    body = text[start:].split("\n\n")[0].split("\n")
    return body[2:]


def numbers(line):
    return [int(n) for n in re.findall(r"(?<![\w.])\d+(?![\w.])", line)]


def read(path):
    text = open(path, encoding="ascii").read()
    for line in text.split("\n"):
        if len(line) > 80:
            fail(f"a line of {len(line)} characters: {line}")
    r = dict.fromkeys("allocs size big blocks block_bytes live live_bytes peak frees remote".split(), 0)
    r["arenas"] = r["running"] = 0
    for line in rows(text, "arenas: what they were asked for"):
        n = [int(x) for x in line[19:].split()]
        r["arenas"] += 1
        r["running"] += line[5] == "*"
        for key, value in zip(("allocs", "size", "blocks", "block_bytes", "big"), n):
            r[key] += value
    for line in rows(text, "arenas: what lives"):
        n = [int(x) for x in line[6:].split()]
        for key, value in zip(("threads", "live", "live_bytes", "peak", "frees", "remote"), n):
            r[key] = r.get(key, 0) + value
    classes = [[int(x) for x in line.split()] for line in rows(text, "size classes:")]
    r["class_allocs"] = sum(c[5] for c in classes)
    r["class_frees"] = sum(c[6] for c in classes)
    r["by_class"] = {c[0]: (c[5], c[6], c[2]) for c in classes}
    block = re.search(r"block size (\d+)([KM]?)", text)
    r["block_size"] = int(block[1]) * UNITS[block[2]]
    large = text[text.index("jemalloc: requests of"):].split("\n")[1:3]
    r["large_allocs"], r["large_frees"] = [int(line.split()[-1]) for line in large]
    r["forked"] = "child of a fork" in text
    r["regions"] = len(rows(text, "regions (arena_create)")) if "regions (arena" in text else 0
    ledger = {l[:46].strip(): int(l[46:]) for l in text[text.index("ledger:"):].split("\n")[1:] if l.strip()}
    r["ledger"] = ledger
    r["cells"] = ledger["allocated cells"]
    r["free_bytes"] = ledger["free cells"]
    r["resident"] = ledger["resident size of the process, by the kernel"]
    r["mapped"] = ledger["mapped, by the counter at mmap and munmap"]
    r["text"] = text
    return r


def check(r):
    lines = [v for k, v in r["ledger"].items()
             if not k.startswith(("sum of", "mapped, by", "resident", "DIFFERENCE"))]
    if sum(lines) != r["mapped"] or "DIFFERENCE" in r["text"]:
        fail(f"the ledger's lines are {sum(lines)}, its counter {r['mapped']}")
    if r["allocs"] - r["frees"] != r["live"]:
        fail("allocations - frees is not what lives")
    if (r["class_allocs"], r["class_frees"]) != (r["allocs"], r["frees"]):
        fail("the sums over classes differ from those over arenas")
    if r["running"] == 0 and r["live_bytes"] != r["cells"]:
        fail(f"live bytes {r['live_bytes']}, allocated cells {r['cells']}")
    if r["block_bytes"] != r["blocks"] * r["block_size"]:
        fail("bytes of blocks are not blocks x block size")
    if r["large_frees"] > r["large_allocs"]:
        fail("more large objects freed than allocated")
    if r["live_bytes"] > r["peak"]:
        fail("more lives than the peak's bound")


VECTOR = 288


def compare(r, path, threads):
    total = {}
    extra = (0, 0, 0)
    for line in open(path, encoding="ascii"):
        book = {k: int(v) for k, v in (word.split("=") for word in line.split())}
        if "class" in book:
            want = (book["allocs"], book["frees"], book["live"])
            if book["class"] == VECTOR:
                extra = tuple(a - b for a, b in zip(r["by_class"][VECTOR], want))
                if not 0 <= extra[1] <= extra[0] <= threads:
                    fail(f"{extra[0]} allocations and {extra[1]} frees too many for {threads} threads")
            elif r["by_class"].get(book["class"], (0, 0, 0)) != want:
                fail(f"class {book['class']}: the program counted {want}, the report {r['by_class'].get(book['class'])}")
        else:
            total = book
    for key, name, more in (("allocs", "allocs", extra[0]), ("frees", "frees", extra[1]),
                            ("live", "live", extra[2]),
                            ("requested_live_rounded", "live_bytes", extra[2] * VECTOR),
                            ("remote_frees", "remote", r["remote"] - total["remote_frees"])):
        if total[key] + more != r[name]:
            fail(f"{name}: the program counted {total[key]}, the report {r[name]}")
    if not 0 <= r["remote"] - total["remote_frees"] <= extra[1]:
        fail(f"remote frees: the program counted {total['remote_frees']}, the report {r['remote']}")


arguments = sys.argv[1:]
books = arguments[1:3] if arguments[0] == "--books" else None
arguments = arguments[3:] if books else arguments
report = read(arguments[0])
check(report)
if books:
    compare(report, books[0], int(books[1]))
for expression in arguments[1:]:
    if not eval(expression, dict(report)):  # the tests' own words
        fail(f"{expression} does not hold: " + str({k: v for k, v in report.items() if isinstance(v, int)}))
print(" ".join(f"{k}={v}" for k, v in report.items() if isinstance(v, int)))
