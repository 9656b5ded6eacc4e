#!/usr/bin/python3
"""The heap text as google-pprof or jeprof reads it, against our own numbers, for each call path.

Usage: export_heap.py READER PROGRAM HEAP JSON [VALUE...]      JSON: of the same dump, with --no-fold

Compared are the program's own functions of each path: how libc's are called depends on its debug symbols,
and the readers leave out malloc's names and what is inlined.  Paths without any are compared as one, by their sum.
"""
import re
import sys
from collections import Counter

from export_numbers import Ours, compare, said

ALL = ('inuse_objects', 'inuse_space', 'alloc_objects', 'alloc_space')
OWN = {'main', 'keep', 'leaf', 'empty', 'tiny', 'mixed', 'deep', 'large', 'thread'}


def own_frames(sums):
    result = Counter()
    for path, n in sums.items():
        result[tuple(name for name in path if name in OWN)] += n
    return +result


def theirs(reader, program, heap, value):
    sums = Counter()
    for line in said(reader, '--collapsed', f'--{value}', program, heap).splitlines():
        names, n = line.rsplit(' ', 1)
        names = re.sub(r'<[0-9a-f]+>', '', names) # which of several symbols
        sums[tuple(reversed(names.split(';')))] += int(n)
    return sums


def main(reader, program, heap, json, *values):
    ours, wrong, paths = Ours(json), 0, 0
    for value in values or ALL:
        found = own_frames(theirs(reader, program, heap, value))
        wrong += compare(f'{value} by path', found, own_frames(ours.by_path(value)))
        paths += len(found)
    print(f'paths={paths} differences={wrong}')
    return wrong > 0


sys.exit(main(*sys.argv[1:]))
