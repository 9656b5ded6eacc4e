#!/usr/bin/python3
"""What bpftrace saw at the probes in many runs, against the books of each run, and against exact counts.

Usage: probes.py PERIOD TRACE SIZES EXACT.json SAMPLED.json...
  TRACE   lines `alloc PID PTR SIZE WEIGHT` and `free PID PTR`    SIZES   what the program says of its requests

Of each run: every free has its alloc, and sums of weights are what the dump says, to the byte.  Over all runs: the sums
are estimates of the exact ones; each has the variance that independent samples have (sampling.h), so 95 % of them lie
within two standard deviations, and their mean within three of its own.
"""
import collections
import json
import math
import sys

SMALL_MAX = 511


def books(path):
    dump = json.load(open(path))
    requested = sum(a["bytes"] for a in dump["accounts"])
    return dump["process"]["pid"], requested, requested - sum(a["live_bytes"] for a in dump["accounts"])


def seen(path):
    """Of each process: what was requested and what was freed, in bytes that samples stand for."""
    held, requested, freed = collections.defaultdict(dict), collections.Counter(), collections.Counter()
    for line in open(path):
        words = line.split()
        if words[:1] == ["alloc"]:
            pid, pointer, size, weight = map(int, words[1:])
            assert pointer not in held[pid], f"two objects at one place: {line}"
            assert weight >= size and (size == 0 or weight % size == 0), line
            held[pid][pointer] = weight
            requested[pid] += weight
        elif words[:1] == ["free"]:
            pid, pointer = map(int, words[1:])
            assert pointer in held[pid], f"a free of what was not sampled: {line}"
            freed[pid] += held[pid].pop(pointer)
    return requested, freed


def variance(n, cell, period):
    """Of n * w * [sampled]: sampled with probability p, and w is 1 / p rounded at random."""
    p = -math.expm1(-(cell if n <= SMALL_MAX else n) / period)
    part = 1 / p - math.floor(1 / p)
    return n * n * ((1 - p) / p + p * part * (1 - part))


def within(name, estimates, truth, sigma):
    away = [(e - truth) / sigma for e in estimates]
    near, mean = sum(abs(a) <= 2 for a in away), sum(away) / len(away)
    print(f"{name}: {truth} bytes, sigma {sigma / truth:.2%}; {near} of {len(away)} runs within 2 sigma, "
          f"farthest {max(map(abs, away)):.2f}, mean {mean:+.3f} (sigma of a mean: {1 / math.sqrt(len(away)):.3f})")
    # of 100, 95.4 are expected with a deviation of 2.1
    expected, deviation = 0.9545 * len(away), math.sqrt(0.9545 * 0.0455 * len(away))
    return abs(mean) <= 3 / math.sqrt(len(away)) and near >= expected - 3 * deviation


def main(period, trace, sizes, exact, *sampled):
    requested, freed = seen(trace)
    runs = [books(path) for path in sampled]
    assert len({pid for pid, *_ in runs}) == len(runs) == len(requested), (len(runs), len(requested))
    for pid, own_requested, own_freed in runs:
        assert (requested[pid], freed[pid]) == (own_requested, own_freed), (pid, requested[pid], own_requested, freed[pid], own_freed)
    objects = [tuple(map(int, line.split())) for line in open(sizes)]
    sigma = math.sqrt(sum(variance(n, cell, int(period)) for n, cell, _ in objects))
    sigma_freed = math.sqrt(sum(variance(n, cell, int(period)) for n, cell, is_freed in objects if is_freed))
    _, truth, truth_freed = books(exact)
    print(f"{len(runs)} runs, {sum(1 for _ in open(trace))} probes: each run's sums are its books', pairs exact")
    good = within("alloc", requested.values(), truth, sigma)
    return not within("free", [freed[pid] for pid in requested], truth_freed, sigma_freed) or not good


sys.exit(main(*sys.argv[1:]))
