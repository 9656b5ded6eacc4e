#!/usr/bin/python3
"""Reads a text report, checks what must hold in every report, prints its numbers as NAME=VALUE.

Usage: report.py [--books BOOKS THREADS | --sites BOOKS] FILE [EXPRESSION...]
--sites: BOOKS is what test/preload/report/report_sites printed; the tables by call site must agree with it.
EXPRESSION is over the names and must be true. BOOKS is what test/preload/report/counters printed: the
report must agree with it in every class and in total, but for what glibc allocates for each of
THREADS threads: at most one vector of thread-local blocks, of 288 bytes with rounding (304 in glibc 2.41).
Names: allocs size live live_bytes frees remote big (sums over arenas), arenas, blocks, block_bytes,
block_size, running, forked, resident, mapped, cells (allocated bytes), free_bytes, regions (rows), tagged.
With tags also: sites, resized, passed_on, site_allocs, site_live, site_bytes, rounding, pinned, unpinned,
peak_most, and health (a dictionary).
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


def amounts(text, title):
    """The lines `  words   number` after a title, by their words."""
    if title not in text:
        return {}
    body = text[text.index(title):].split("\n\n")[0].split("\n")[1:]
    matches = [re.fullmatch(r"  (\S.*?|  \S.*?) +(\d+)", l) for l in body if not re.match(" *[0-9]", l)]
    return {m[1].strip(): int(m[2]) for m in matches if m}


def site_tables(text):
    """Every row of the call-site tables, with its path."""
    sites = {}
    for part in text.split("\n\n"):
        lines = part.strip("\n").split("\n")
        if not re.match("call sites: (those that|of the others)", lines[0]):
            continue
        for line in lines[2:]:
            if re.match(" *[0-9]", line):
                ends = (7, 19, 29, 41, 52, 56)
                n = [int(line[a:b].replace("<=", "")) for a, b in zip((0,) + ends, ends)]
                site = dict(zip("site live objects peak allocs temporary".split(), n))
                site["waste"], site["sizes"], site["path"] = int(line[57:67]), line[67:].strip(), ""
                sites[site["site"]] = site
            else:
                site["path"] += " " + line.strip()
    return sites


def read_tags(r, text):
    together = amounts(text, "call sites: all together")
    waste = amounts(text, "waste by call site")
    r["sites"], r["site_allocs"] = together["call sites"], together["allocations"]
    r["site_small"] = together["in cells, as the size classes count them"]
    r["resized"], r["passed_on"] = together["by realloc, in the cell they had"], together["passed on to jemalloc"]
    r["site_live"], r["site_bytes"] = together["live objects"], together["live bytes, as requested"]
    r["rounding"], r["pinned"] = waste["rounding to cells"], waste["free cells in slabs that live objects pin"]
    r["unpinned"] = waste["free cells that nobody pins"]
    r["peak_most"] = amounts(text, "process peak:")["bytes, as requested"]
    r["health"] = amounts(text, "health of the call paths")
    r["rows"] = site_tables(text)


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
        n = [int(x.removeprefix("<=")) for x in line[6:].split()]
        for key, value in zip(("threads", "live", "live_bytes", "peak", "frees", "remote"), n):
            r[key] = r.get(key, 0) + value
    classes = [[int(x) for x in line.split()] for line in rows(text, "size classes:")]
    r["tagged"] = "tags off" not in text
    r["class_allocs"] = sum(c[-2] for c in classes)
    r["class_frees"] = sum(c[-1] for c in classes)
    r["by_class"] = {c[0]: (c[-2], c[-1], c[2]) for c in classes}
    block = re.search(r"block size (\d+)([KM]?)", text)
    r["block_size"] = int(block[1]) * UNITS[block[2]]
    large = text[text.index("jemalloc: requests of"):].split("\n")[1:3]
    r["large_allocs"], r["large_frees"] = [int(line.split()[-1]) for line in large]
    r["forked"] = "child of a fork" in text
    listed = rows(text, "regions (arena_create)") if "regions (arena" in text else []
    r["regions"] = sum(not line.startswith("   ") for line in listed)
    ledger = {l[:46].strip(): int(l[46:]) for l in text[text.index("ledger:"):].split("\n")[1:] if l.strip()}
    r["ledger"] = ledger
    if r["tagged"]:
        read_tags(r, text)
        r["class_requested"] = sum(c[4] for c in classes)
        r["requested"], r["class_rounding"] = ledger["allocated cells: bytes requested"], sum(c[5] for c in classes)
        r["cells"] = r["requested"] + ledger["allocated cells: rounding"]
    else:
        r["cells"] = ledger["allocated cells"]
    r["free_bytes"] = ledger["free cells"]
    r["resident"] = ledger["resident size of the process, by the kernel"]
    r["mapped"] = ledger["mapped, by the counter at mmap and munmap"]
    r["text"] = text
    return r


def same(what, *numbers):
    if len(set(numbers)) != 1:
        fail(f"{what}: {numbers}")


def check_untagged(r):
    if (r["class_allocs"], r["class_frees"]) != (r["allocs"], r["frees"]):
        fail("the sums over classes differ from those over arenas")
    if r["running"] == 0 and r["live_bytes"] != r["cells"]:
        fail(f"live bytes {r['live_bytes']}, allocated cells {r['cells']}")


def check_tagged(r):
    ledger = r["ledger"]
    same("requested bytes of cells, by ledger and classes", r["requested"], r["class_requested"])
    same("rounding, by ledger and classes", ledger["allocated cells: rounding"], r["class_rounding"])
    if r["running"] > 0:
        return  # each table was read at a moment of its own
    same("allocations, by arenas and sites", r["allocs"], r["site_allocs"])
    same("live objects, by arenas and sites", r["live"], r["site_live"])
    same("live bytes, by arenas and sites", r["live_bytes"], r["site_bytes"])
    same("rounding, by ledger and sites", ledger["allocated cells: rounding"], r["rounding"])
    same("free cells, by ledger and sites", r["free_bytes"], r["pinned"] + r["unpinned"])
    same("allocations in cells, by classes and sites", r["class_allocs"], r["site_small"])
    same("allocations, by where they went", r["site_allocs"], r["site_small"] + r["resized"] + r["passed_on"])
    same("large requests, with and without a site", r["large_allocs"],
         r["passed_on"] + r["health"].get("large requests in no call site, in all", 0))
    if r["peak_most"] < r["site_bytes"] * (1 - 1 / 1024):
        fail(f"{r['site_bytes']} bytes live, the process's peak was {r['peak_most']}")
    shown = sum(site["live"] for site in r["rows"].values())
    if shown > r["site_bytes"]:
        fail(f"the rows shown hold {shown}, all sites {r['site_bytes']}")


def short(n):
    """A size as the tables write it."""
    for unit in ("", "K", "M"):
        if n <= 9999:
            return f"{n}{unit}"
        n //= 1024
    return "?"


def compare_sites(r, path):
    for line in open(path, encoding="ascii"):
        name, *words = line.split()
        book = {k: int(v) for k, v in (word.split("=") for word in words)}
        found = [s for s in r["rows"].values() if re.match(rf" \S+ {name}( |$)", s["path"])]
        if not found:
            fail(f"{name} is in no row")
        for other in found[1:]:  # called from several places
            for key in "live objects peak allocs waste".split():
                found[0][key] += other[key]
        for key in "live objects peak allocs temporary".split():
            same(f"{name}: {key}, by the program and the report", book[key], found[0][key])
        ends = sorted({book["smallest"], book["largest"]})
        same(f"{name}: sizes", "..".join(map(short, ends)), found[0]["sizes"])
        if found[0]["waste"] < book["rounding"]:
            fail(f"{name}: rounding alone is {book['rounding']}, its waste {found[0]['waste']}")


def check(r):
    lines = [v for k, v in r["ledger"].items()
             if not k.startswith(("sum of", "mapped, by", "resident", "DIFFERENCE"))]
    if sum(lines) != r["mapped"] or "DIFFERENCE" in r["text"]:
        fail(f"the ledger's lines are {sum(lines)}, its counter {r['mapped']}")
    if r["allocs"] - r["frees"] != r["live"]:
        fail("allocations - frees is not what lives")
    (check_tagged if r["tagged"] else check_untagged)(r)
    if r["block_bytes"] != r["blocks"] * r["block_size"]:
        fail("bytes of blocks are not blocks x block size")
    if r["large_frees"] > r["large_allocs"]:
        fail("more large objects freed than allocated")
    if r["live_bytes"] > r["peak"]:
        fail("more lives than the peak's bound")


VECTORS = (288, 304)


def compare(r, path, threads):
    total = {}
    extra = (0, 0, 0, 0)
    for line in open(path, encoding="ascii"):
        book = {k: int(v) for k, v in (word.split("=") for word in line.split())}
        if "class" in book:
            want = (book["allocs"], book["frees"], book["live"])
            if book["class"] in VECTORS:
                more = tuple(a - b for a, b in zip(r["by_class"][book["class"]], want))
                extra = tuple(a + b for a, b in zip(extra, (*more, more[2] * book["class"])))
                if not (0 <= more[1] <= more[0] and extra[0] <= threads):
                    fail(f"{extra[0]} allocations and {extra[1]} frees too many for {threads} threads")
            elif r["by_class"].get(book["class"], (0, 0, 0)) != want:
                fail(f"class {book['class']}: the program counted {want}, the report {r['by_class'].get(book['class'])}")
        else:
            total = book
    for key, name, more in (("allocs", "allocs", extra[0]), ("frees", "frees", extra[1]),
                            ("live", "live", extra[2]),
                            ("requested_live_rounded", "live_bytes", extra[3]),
                            ("remote_frees", "remote", r["remote"] - total["remote_frees"])):
        if total[key] + more != r[name]:
            fail(f"{name}: the program counted {total[key]}, the report {r[name]}")
    if not 0 <= r["remote"] - total["remote_frees"] <= extra[1]:
        fail(f"remote frees: the program counted {total['remote_frees']}, the report {r['remote']}")


arguments = sys.argv[1:]
books = arguments[1:3] if arguments[0] == "--books" else None
sites = arguments[1] if arguments[0] == "--sites" else None
arguments = arguments[3:] if books else arguments[2:] if sites else arguments
report = read(arguments[0])
check(report)
if books:
    compare(report, books[0], int(books[1]))
if sites:
    compare_sites(report, sites)
for expression in arguments[1:]:
    if not eval(expression, dict(report)):  # the tests' own words
        fail(f"{expression} does not hold: " + str({k: v for k, v in report.items() if isinstance(v, int)}))
print(" ".join(f"{k}={v}" for k, v in report.items() if isinstance(v, int)))
