#!/usr/bin/python3
"""Whether exports of long_paths have its paths whole: long_paths.py JSON SPEEDSCOPE DHAT"""
import json
import sys

DEEP = [f"f{i}" for i in range(12, -1, -1)]
WANTED = {40: ["main", "left"] + DEEP, 48: ["main", "right"] + DEEP, 56: ["main"] + DEEP[5:], 64: ["main"] + DEEP[4:]}


def is_whole(kind, found):
    """found: bytes live -> names of functions, outermost first."""
    for size, path in WANTED.items():
        assert found.get(size, [])[-len(path):] == path, f"{kind}: {size} bytes: {found.get(size)}"


def by_sites(dump):
    paths = [[dump["frames"][i]["function"] for i in reversed(site["path"])] for site in dump["sites"]]
    return {a["live_bytes"]: paths[a["site"]] for a in dump["accounts"]}


def by_samples(page):
    profile, = (p for p in page["profiles"] if p["name"].startswith("live"))
    return {size: [page["shared"]["frames"][i]["name"] for i in sample] for size, sample in zip(profile["weights"], profile["samples"])}


def by_points(dhat):
    return {p["gb"]: [dhat["ftbl"][i].split(": ")[1].split(" ")[0] for i in reversed(p["fs"])] for p in dhat["pps"]}


for file, kind, found in zip(sys.argv[1:], ("json", "speedscope", "dhat"), (by_sites, by_samples, by_points)):
    with open(file, encoding="utf-8") as f:
        is_whole(kind, found(json.load(f)))
