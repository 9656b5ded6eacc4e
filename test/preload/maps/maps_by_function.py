#!/usr/bin/python3
"""Prints "FUNCTION LIVE RANGES CALLS" of a dump's mappings by call sites in a file: maps_by_function.py DUMP FILE"""
import sys

from maps_read import Maps

dump, sums = Maps(sys.argv[1]), {}
for a in dump.accounts:
    if dump.module(a["site"]).endswith("/" + sys.argv[2]):
        sum_ = sums.setdefault(dump.function(a["site"]), [0, 0, 0])
        for i, field in enumerate(("live", "ranges", "allocs")):
            sum_[i] += a[field]
for name, numbers in sorted(sums.items()):
    print(name, *numbers)
