#!/usr/bin/python3
"""Whether a merge has the sums of its dumps, to the byte, by a reader of its own.

Usage: merge_sums.py [--total | --keep-processes] MERGED DUMP...   call sites, arenas, classes, ledger, health, ...
  --total            of call sites their sum alone: what merges by function has other paths
  --keep-processes   each path ends in "PROGRAM PID", and arenas are "PROGRAM PID/NAME"
"""
import collections
import struct
import sys

ITEMS = {2: "12I11Q2I", 3: "4I11Q", 4: "9Q", 5: "2IQ", 6: "2IQ", 7: "3Q4I", 8: "4I9Q", 10: "2I14Q14I", 11: "2I2Q", 12: "2IQ2I",
         16: "2I9Q2I", 17: "2I6Q"}
ACCOUNT = "allocs frees bytes live_objects live_bytes live_rounded peak at_peak_objects at_peak_bytes temporary".split()
NO_MODULE = ("label", b"code of no file")


class Dump:
    def __init__(self, path):
        data = open(path, "rb").read()
        head, count, item = struct.unpack_from("<I8xII", data, 12)
        self.all = {}
        for i in range(count):
            number, bytes_, offset, items, *_ = struct.unpack_from("<IIQQII", data, head + i * item)
            if number == 1:
                self.strings = data[offset : offset + items]
            elif number in ITEMS:
                size = struct.calcsize("<" + ITEMS[number])
                self.all[number] = [struct.unpack_from("<" + ITEMS[number], data[at : at + bytes_].ljust(size, b"\0"))
                                    for at in range(offset, offset + items * bytes_, bytes_)]
        self.process = self.all[2][0]
        self.paths = [()]
        for parent, module, address, kind, _ in self.all[12][1:]:
            self.paths.append(self.outward(self.paths[parent], address) if kind == 5 else
                              () if kind == 4 else self.paths[parent] + self.frame(self.paths[parent], module, address, kind))

    def text(self, at):
        return self.strings[at : self.strings.index(b"\0", at)]

    def outward(self, path, node):
        while node:
            parent, module, address, kind, _ = self.all[12][node]
            path += self.frame(path, module, address, kind)
            node = parent
        return path

    def frame(self, path, module, address, kind):
        if kind not in (1, 4):
            return (("label" if kind == 2 else "function", self.text(address)),)
        if module == 0:
            return () if path[-1:] == (NO_MODULE,) else (NO_MODULE,)
        start, end, bias, name, build, *_ = self.all[7][module - 1]
        file = self.text(build) or (self.text(name), start - bias, end - bias)
        return ((file, address - bias),)


def account(a):
    """Its sums, rounding without what was never touched, and its sizes."""
    sums = dict(zip(ACCOUNT, a[2:12]))
    rounding = sums["live_rounded"] - sums["live_bytes"]
    sums["live_rounded"] = sums["live_bytes"] + max(0, min(rounding, 4095 * sums["live_objects"]))
    sums["pinned"], sums["large"] = a[14:16]
    sums.update((f"lives {i}", n) for i, n in enumerate(a[16:]))
    return sums, (a[12], a[13]) if a[2] or a[13] else None


def figures(dumps, total, keep):
    sums = collections.defaultdict(collections.Counter)
    sizes = {}

    def process(d):
        return d.text(d.process[2]) + b" %d" % d.process[0]

    def arena_name(d, at):
        return (process(d) + b"/" if keep else b"") + d.text(at)

    def path(d, node):
        return d.paths[node] + ((("label", process(d)),) if keep else ())

    def add(key, values):
        sums[key].update(dict(enumerate(values)))

    unpinned = any(d.process[9] & 64 or d.process[13] for d in dumps)
    for d in dumps:
        add("process", d.process[16:19])
        for name, items, first in ("class", d.all[4], 1),:
            for c in items:
                add((name, c[0]), c[first:])
        for a in d.all[3]:
            add(("arenas",) if total else ("arena", arena_name(d, a[1])), (a[2],) + a[4:])
        for line in d.all[5]:
            add(("ledger", d.text(line[0]), line[1]), line[2:])
        for line in d.all[6]:
            add(("health", d.text(line[0])), line[2:])
        if not d.all.get(16) and d.process[7] != 6:
            name = process(d) if keep else d.text(d.process[2])
            add(("health", b"processes without a resident size: " + name), (1,))
        for p in d.all.get(16, ()):
            add(("mapping", p[0], d.text(p[1])), p[3:12])
        for a in d.all.get(17, ()):
            node, kind, *_ = d.all[11][a[1]]
            arena = arena_name(d, d.all[3][a[0] - 1][1]) if a[0] else None
            add(("maps",) if total else ("map", arena, path(d, node), kind), a[2:])
        for i in {a[1] for a in d.all[10] + d.all.get(17, [])}:
            node, kind, resident, swapped = d.all[11][i]
            add(("sites",) if total else ("site", path(d, node), kind), (resident, swapped))
        for r in d.all[8]:
            add(("region", d.text(r[0]), () if total else path(d, r[1]), r[2]), r[4:])
        for a in d.all[10]:
            node, kind, *_ = d.all[11][a[1]]
            key = ("account",) if total else ("account", arena_name(d, d.all[3][a[0]][1]), path(d, node), kind)
            values, range_ = account(a)
            if unpinned:
                values["pinned"] = 0
            sums[key].update(values)
            if range_:
                low, high = sizes.get(key, range_)
                sizes[key] = min(low, range_[0]), max(high, range_[1])
    return {k: +v for k, v in sums.items() if +v}, sizes


args = sys.argv[1:]
total, keep = args[0] == "--total", args[0] == "--keep-processes"
merged, *dumps = [Dump(path) for path in args[total or keep :]]
got, got_sizes = figures([merged], total, False)
wanted, wanted_sizes = figures(dumps, total, keep)
for key in sorted(set(got) | set(wanted), key=repr):
    if got.get(key) != wanted.get(key):
        sys.exit(f"{key}:\n  got    {got.get(key)}\n  wanted {wanted.get(key)}")
assert got_sizes == wanted_sizes, "sizes"
assert merged.process[24] == sum(d.process[24] or 1 for d in dumps), "processes"
accounts = sum(k[0] == "account" for k in got)
assert len(merged.all[10]) >= accounts > 0
print(f"{len(dumps)} dumps, {accounts} accounts, {sum(got[k].get('live_bytes', 0) for k in got if k[0] == 'account')} bytes live")
