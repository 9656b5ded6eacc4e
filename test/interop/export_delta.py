#!/usr/bin/python3
"""Differences of two dumps as others read them, against the two dumps' own exports.

Usage: export_delta.py OLD.pb.gz NEW.pb.gz DELTA.pb.gz OLD.json NEW.json DELTA.json OLD.folded NEW.folded DELTA.folded

A decoder of protobuf of its own; `go tool pprof` by its -raw and, of the two, by -base.
"""
import gzip
import json
import re
import subprocess
import sys
from collections import Counter


def varint(data, at):
    n = shift = 0
    while True:
        byte = data[at]
        n |= (byte & 127) << shift
        at, shift = at + 1, shift + 7
        if byte < 128:
            return n, at


def fields(data):
    at = 0
    while at < len(data):
        key, at = varint(data, at)
        if key & 7 == 0:
            value, at = varint(data, at)
        else:
            size, at = varint(data, at)
            value, at = data[at : at + size], at + size
        yield key >> 3, value


def signed(n):
    return n - (1 << 64) if n >> 63 else n


def packed(value):
    at, numbers = 0, []
    if isinstance(value, int):
        return [value]
    while at < len(value):
        n, at = varint(value, at)
        numbers.append(n)
    return numbers


class Profile:
    def __init__(self, path):
        self.strings, self.types, self.samples, self.comments, self.mappings = [], [], [], [], []
        self.numbers, functions, locations = {}, {}, {}
        for key, value in fields(gzip.open(path).read()):
            if key == 6:
                self.strings.append(value.decode())
            elif key == 1:
                self.types.append(dict(fields(value)))
            elif key == 2:
                self.samples.append(list(fields(value)))
            elif key == 3:
                self.mappings.append(dict(fields(value)))
            elif key == 4:
                f = list(fields(value))
                locations[dict(f)[1]] = [dict(fields(v))[1] for k, v in f if k == 4]
            elif key == 5:
                f = dict(fields(value))
                functions[f[1]] = f[2]
            elif key == 11:
                self.period_type = dict(fields(value))
            elif key == 13:
                self.comments += packed(value)
            else:
                self.numbers[key] = value
        self.functions, self.locations = functions, locations

    def unit(self, t):
        return self.strings[t[1]], self.strings[t[2]]

    def by_path(self):
        """Names, innermost first -> a list of values."""
        sums = {}
        for sample in self.samples:
            path, values = [], []
            for key, value in sample:
                if key == 1:
                    path += [self.strings[self.functions[f]] for i in packed(value) for f in self.locations[i]]
                elif key == 2:
                    values += [signed(n) for n in packed(value)]
            have = sums.setdefault(tuple(path), [0] * len(values))
            for i, n in enumerate(values):
                have[i] += n
        return {k: v for k, v in sums.items() if any(v)}

    def labels(self):
        """(key, text) -> how many samples have it."""
        found = Counter()
        for sample in self.samples:
            for key, value in sample:
                if key == 3:
                    f = dict(fields(value))
                    found[self.strings[f[1]], self.strings[f.get(2, 0)]] += 1
        return found


def less(new, old):
    all_ = {k: [a - b for a, b in zip(new.get(k, [0] * 9), old.get(k, [0] * 9))] for k in {*new, *old}}
    return {k: v for k, v in all_.items() if any(v)}


def json_by_path(path):
    dump = json.load(open(path))
    names = [f["name"] for f in dump["frames"]]
    sums = {}
    for a in dump["accounts"]:
        key = tuple(names[i] for i in dump["sites"][a["site"]]["path"])
        have = sums.setdefault(key, [0] * 6)
        for i, f in enumerate(("allocs", "bytes", "live_objects", "live_bytes", "at_peak_bytes", "waste")):
            have[i] += a.get(f, 0)
    return {k: v for k, v in sums.items() if any(v)}, dump


def folded(path, columns):
    lines = [line.rstrip("\n").rsplit(" ", columns) for line in open(path)]
    return {line[0]: tuple(map(int, line[1:])) for line in lines}


def go(*args):
    return subprocess.run(("go", "tool", "pprof", *args), check=True, text=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL).stdout


def top(*args):
    text = go("-top", "-nodefraction=0", "-nodecount=1000000", "-unit=B", *args)
    return {r[2]: (r[0], r[1]) for r in re.findall(r"^ *(-?\d+)B? +-?[\d.]+% +-?[\d.]+% +(-?\d+)B? +-?[\d.]+%  (.*)$", text, re.M)}


def main(old_pb, new_pb, delta_pb, old_json, new_json, delta_json, old_folded, new_folded, delta_folded):
    old, new, delta = map(Profile, (old_pb, new_pb, delta_pb))
    assert [new.unit(t) for t in new.types][:4] == [("alloc_objects", "count"), ("alloc_space", "bytes"),
                                                   ("inuse_objects", "count"), ("inuse_space", "bytes")]
    assert new.unit(new.period_type) == ("space", "bytes") and new.numbers[12] == 1
    assert new.strings[0] == "" and new.strings[new.numbers[14]] == "inuse_space"
    assert new.numbers[10] > 0 and new.numbers[9] > 10**18, "duration and time"
    assert delta.numbers[9] == old.numbers[9] and delta.numbers[10] == new.numbers[9] - old.numbers[9], "the window"
    assert new.mappings[0][7] == 1 and "program" in new.strings[new.mappings[0][5]]
    got, wanted = delta.by_path(), less(new.by_path(), old.by_path())
    assert got == wanted, (got, wanted)
    assert any(n < 0 for v in got.values() for n in v) and any(n > 0 for v in got.values() for n in v)
    (a, _), (b, _), (c, dump) = map(json_by_path, (old_json, new_json, delta_json))
    assert c == less(b, a) and dump["delta"] is True
    was, is_, both = folded(old_folded, 1), folded(new_folded, 1), folded(delta_folded, 2)
    assert both == {k: (was.get(k, (0,))[0], is_.get(k, (0,))[0]) for k in {*was, *is_}}
    functions = 0
    for value in ("inuse_space", "inuse_objects", "alloc_space", "alloc_objects"):
        ours, theirs = top("-sample_index=" + value, delta_pb), top("-sample_index=" + value, "-base", old_pb, new_pb)
        keep = lambda rows: {k: v for k, v in rows.items() if v != ("0", "0")}
        assert keep(ours) == keep(theirs), (value, ours, theirs)
        functions += len(ours)
    print(f"paths={len(got)} differences=0")
    assert functions > 0


main(*sys.argv[1:])
