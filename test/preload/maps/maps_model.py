#!/usr/bin/python3
"""Compares dumps with what maps_model knows: maps_model.py [--missed] <MODEL'S OUTPUT

Every page has the right owner, offset and neighbours, and every place its calls and bytes. A place is known by its
number in the model, and by a return address in the dump: the two must stand for each other. With --missed, pages may be
missing, if the dump says that calls were."""
import sys

from maps_read import Maps

may_miss = "--missed" in sys.argv
place_of, address_of = {}, {}


def compare(name, pages, sites):
    dump, found, differing = Maps(name), 0, 0
    assert may_miss or dump.missed == 0, f"{dump.missed} calls were missed"
    mine = {s for s in range(len(dump.sites)) if dump.module(s).endswith("/maps_model")}
    for r in dump.ranges:
        if r["site"] not in mine:
            continue
        calls = set()
        for page in range(r["start"], r["end"], 4096):
            if page not in pages:
                sys.exit(f"{name}: page {page:x} is not mapped, says the program")
            place, call, offset = pages[page]
            found += 1
            calls.add(call)
            address = dump.inner(r["site"])["address"]
            address_of.setdefault(place, address)
            same = place_of.setdefault(address, place) == place and address_of[place] == address
            differing += not same or offset != r["offset"] + page - r["start"]
        if len(calls) != 1:
            sys.exit(f"{name}: range {r['start']:x} has pages of {len(calls)} calls")
    missing = len(pages) - found
    assert differing == 0, f"{name}: {differing} of {len(pages)} pages differ"
    assert missing == 0 or (may_miss and dump.missed > 0), f"{name}: {missing} of {len(pages)} pages are missing"
    for place, (allocs, bytes_) in sites.items():
        if place not in address_of:
            continue
        accounts = [a for a in dump.accounts if dump.inner(a["site"])["address"] == address_of[place]]
        told = (sum(a["allocs"] for a in accounts), sum(a["bytes"] for a in accounts))
        assert told == (allocs, bytes_) or (may_miss and told[0] < allocs), f"{name}: {place}: {told}, {(allocs, bytes_)}"
    return missing


def models(lines):
    name = None
    for line in lines:
        word, *rest = line.split()
        if word == "dump":
            if name:
                yield name, pages, sites
            name, pages, sites = rest[0], {}, {}
        elif word == "page":
            pages[int(rest[0], 16)] = tuple(map(int, rest[1:]))
        else:
            sites[int(rest[0])] = tuple(map(int, rest[1:]))
    yield name, pages, sites


total, missing, count = 0, 0, 0
for name, pages, sites in models(sys.stdin):
    missing += compare(name, pages, sites)
    total += len(pages)
    count += 1
calls = sum(a for a, _ in sites.values())
print(f"{count} dumps, {total} pages of {len(address_of)} places, {calls} calls: 0 differ, {missing} missing")
