#!/usr/bin/python3
"""Checks what a dump says against itself: dump_items.py FILE [--running] [--region-module NAME] [--health WORDS COUNT]

A reader of its own, beside the command's. Sums over accounts = arenas = process, accounts of small
requests = classes, ledger lines = mapped; with --running (threads went on meanwhile) only that all
is whole and every index leads somewhere."""
import os
import struct
import sys
import zlib

data = open(sys.argv[1], "rb").read()
running = "--running" in sys.argv
magic, major, minor, head, size, count, item, crc, _ = struct.unpack_from("<8sHHIQIIII", data)
assert magic == b"\211ARENA\r\n" and major == 1 and size == len(data), "header"
table = bytearray(data[: head + count * item])
struct.pack_into("<I", table, 32, 0)
assert zlib.crc32(table) == crc, "header's checksum"

SECTIONS = {
    1: ("strings", None),
    2: ("process", "12I11Q2I pid ppid program command host version options reason signal flags tags depth time sample "
        "block slab live_objects live_bytes peak start lived limit limit_used limit_kind zero"),
    3: ("arenas", "4I11Q number name threads flags allocs size blocks block_size big live_objects live_bytes live_rounded "
        "peak frees remote"),
    4: ("classes", "9Q cell slabs in_use free uncarved tail allocs frees live_bytes"),
    5: ("ledger", "2IQ name kind bytes"),
    6: ("health", "2IQ name flags count"),
    7: ("modules", "3Q4I start end bias path build_id flags zero"),
    8: ("regions", "4I9Q name node state zero allocs size blocks block_size big used reserved peak destroyed"),
    9: ("blocks", "2I6Q number arena bytes passed slabs in_use born age"),
    10: ("accounts", "2I14Q14I arena site allocs frees bytes live_objects live_bytes live_rounded peak at_peak_objects "
         "at_peak_bytes temporary smallest largest pinned large " + " ".join(f"lives{i}" for i in range(14))),
    11: ("sites", "2I2Q node kind resident swapped"),
    12: ("nodes", "2IQ2I parent module address kind zero"),
    13: ("moments", "6Q2I time live mapped resident allocs rest flags zero"),
    14: ("shares", "2IQ moment site bytes"),
    15: ("events", "2Q4I time value kind text count zero"),
    16: ("mappings", "2I9Q2I kind name start mapped resident swapped anonymous shared trim depth guard count site"),
    17: ("map_accounts", "2I6Q arena site allocs bytes ranges live peak at_peak"),
    19: ("maps", "3Q6I start end offset arena site kind protection flags zero"),
}
dump, end, last = {}, head + count * item, 0
for i in range(count):
    number, bytes_, offset, items, crc, _ = struct.unpack_from("<IIQQII", data, head + i * item)
    padded = (items * bytes_ + 7) & ~7
    assert number > last and offset == end, "sections follow one another in order"
    last = number
    end = offset + padded
    assert zlib.crc32(data[offset:end]) == crc, f"checksum of section {number}"
    if number not in SECTIONS:
        continue  # those that have tests of their own
    name, form = SECTIONS[number]
    if form is None:
        strings = data[offset : offset + items]
        continue
    form, *fields = form.split()
    assert struct.calcsize("<" + form) == bytes_ and len(fields) == len(struct.unpack("<" + form, bytes(bytes_)))
    dump[name] = [dict(zip(fields, t)) for t in struct.iter_unpack("<" + form, data[offset : offset + items * bytes_])]
assert end == size, "nothing after the last section"


def text(at):
    assert at < len(strings)
    return strings[at : strings.index(b"\0", at)].decode()


process, arenas, accounts = dump["process"][0], dump["arenas"], dump["accounts"]
sites, nodes, modules = dump["sites"], dump["nodes"], dump["modules"]
for i, n in enumerate(nodes[1:], 1):
    assert n["parent"] < i and n["module"] <= len(modules), f"node {i}"
for s in sites:
    assert s["node"] < len(nodes)
KERNEL, BESIDE = 30, (29, 30)
for m in dump["mappings"]:
    text(m["name"])
    assert m["site"] <= len(sites)
    assert m["resident"] + m["swapped"] <= m["mapped"] or m["kind"] in BESIDE, f"{m}"
    assert m["trim"] <= m["resident"], f"{m}"
for a in accounts:
    assert a["site"] < len(sites) and a["arena"] < len(arenas)
moments = dump["moments"]
least = 0 if process["flags"] & 1 else 1  # the axis of a child that forked in a handler may be empty
assert least <= len(moments) <= 256 and all(a["time"] <= b["time"] for a, b in zip(moments, moments[1:]))
for m in moments:
    m["held"] = m["rest"]
for s in dump["shares"]:
    assert s["site"] < len(sites)
    moments[s["moment"]]["held"] += s["bytes"]
assert all(m["held"] == m["live"] for m in moments if m["flags"] & 1)
for e in dump["events"]:
    assert e["count"] >= 1 and text(e["text"]) is not None
for a in dump["map_accounts"]:
    assert a["site"] < len(sites) and a["arena"] <= len(arenas) and a["live"] <= a["peak"] <= a["bytes"], a
    assert a["at_peak"] <= a["peak"] and (a["ranges"] == 0) == (a["live"] == 0), a
for r, after in zip(dump["maps"], dump["maps"][1:] + [{"start": 1 << 64}]):
    assert r["start"] < r["end"] <= after["start"] and r["site"] < len(sites) and r["kind"] <= 5, r
for b in dump["blocks"]:
    assert b["arena"] <= len(arenas) and b["in_use"] <= b["passed"] <= b["bytes"], b
for m in modules:
    assert m["start"] < m["end"] and len(text(m["build_id"])) % 2 == 0 and text(m["path"]) is not None
for line in dump["ledger"] + dump["health"]:
    assert text(line["name"])
assert text(process["program"]) and text(process["command"]) and text(process["version"])
assert "ARENASHIM_TAG=" in text(process["options"]), text(process["options"])
assert process["block"] == 1 << 20 and process["slab"] == 65536

mapped = sum(l["bytes"] for l in dump["ledger"] if l["kind"] == 1)
lines = sum(l["bytes"] for l in dump["ledger"] if l["kind"] == 0)
health = {text(h["name"]): h["count"] for h in dump["health"]}
problems = {text(h["name"]): h["count"] for h in dump["health"] if h["flags"] and h["count"]}
assert not problems, problems


def total(items, field):
    return sum(i[field] for i in items)


def same(what, a, b):
    assert a == b, f"{sys.argv[1]}: {what}: {a} != {b}"


if process["tags"] != 0:
    for mine, theirs in (("allocs", "allocs"), ("size", "bytes"), ("frees", "frees"), ("live_objects",) * 2,
                         ("live_bytes",) * 2, ("live_rounded",) * 2):
        for i, a in enumerate(arenas):
            same(f"arena {i}'s {mine}", a[mine], sum(x[theirs] for x in accounts if x["arena"] == i))
    assert process["peak"] >= process["live_bytes"]
    if not running:
        # an object allocated in no arena is nobody's; a captured frame has its module
        frames = [n for n in nodes[1:] if n["kind"] == 1]
        assert all(n["module"] for n in frames), "a frame without a module"
        # every path that has an account ends at a node or is a kind of its own
        assert all(sites[a["site"]]["node"] or sites[a["site"]]["kind"] for a in accounts)
        held = total(accounts, "at_peak_bytes")
        assert abs(held - process["peak"]) <= process["peak"] / 100 or process["flags"] & 1, (held, process["peak"])
if not running:
    for a in dump["map_accounts"]:
        mine = [r["end"] - r["start"] for r in dump["maps"] if (r["arena"], r["site"]) == (a["arena"], a["site"])]
        same("ranges of a call site", (a["ranges"], a["live"]), (len(mine), sum(mine)))
    same("ledger", lines, mapped)
    same("process live bytes", process["live_bytes"], total(arenas, "live_bytes"))
    same("process live objects", process["live_objects"], total(arenas, "live_objects"))
    cells = sum(l["bytes"] for l in dump["ledger"] if text(l["name"]).startswith("allocated cells"))
    same("allocated cells", cells, sum(c["cell"] * c["in_use"] for c in dump["classes"]))
    same("cells of blocks", cells, total(dump["blocks"], "in_use"))
    same("slabs", total(dump["classes"], "slabs"), total(dump["blocks"], "slabs"))
    if process["tags"] != 0:
        small = total(accounts, "allocs") - total(accounts, "large")
        in_place = health["reallocations in place: an allocation and a free each"]
        if process["flags"] & 1:  # how many of the living were large at the fork is not known exactly
            assert small <= total(dump["classes"], "allocs") + in_place, small
        else:
            same("small allocations", small, total(dump["classes"], "allocs") + in_place)
        free_pinned = sum(c["cell"] * c["free"] for c in dump["classes"])
        assert total(accounts, "pinned") <= free_pinned
if "--region-module" in sys.argv:
    wanted = sys.argv[sys.argv.index("--region-module") + 1]
    for r in dump["regions"]:
        module = modules[nodes[r["node"]]["module"] - 1]
        same("a region's module", os.path.basename(text(module["path"])), wanted)
if "--health" in sys.argv:
    words, count = sys.argv[sys.argv.index("--health") + 1 :][:2]
    same(words, health[words], int(count))
