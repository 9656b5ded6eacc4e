#!/usr/bin/python3
"""What a page in the browser shows of our file, against our own numbers.

Usage: export_pages.py dhat|speedscope PAGE JSON      PAGE: what export_dhat.js or export_speedscope.js printed
"""
import json
import re
import sys

from export_numbers import Ours, compare

DHAT = {'alloc_space': r'Total: +([\d,]+) bytes', 'alloc_objects': r'Total: .*? in ([\d,]+) blocks',
        'peak_space': r'At t-gmax: +([\d,]+) bytes', 'inuse_space': r'At t-end: +([\d,]+) bytes',
        'inuse_objects': r'At t-end: .*? in ([\d,]+) blocks'}


def number(text):
    return int(text.replace(',', ''))


def frames(leaf):
    """The names of a leaf's frames: without the address and the place."""
    found = re.findall(r'[#^]\d+: (?:0x[0-9A-F]+: )?(.*)$', leaf, re.M)
    return tuple(re.sub(r' \((in [^()]*|[^()]*:\d+)\)$', '', name) for name in found)


def dhat(page, ours):
    """The tree's root has the sums; leaves that the page doesn't aggregate have their paths."""
    wrong = compare('command', {'command': page['head'].count(ours.dump['process']['command'])}, {'command': 1})
    for value, pattern in DHAT.items():
        root = number(re.search(pattern, page['root'])[1])
        wrong += compare(value, {'sum': root}, {'sum': sum(ours.by_path(value).values())})
        leaves = {frames(leaf): number(re.search(pattern, leaf)[1]) for leaf in page['leaves'] if re.search(pattern, leaf)}
        own = ours.by_path(value)
        wrong += compare(f'{value} by path', leaves, {path: own[path] for path in leaves})
    print(f'shown={len(leaves)} differences={wrong}')
    return wrong > 0


def speedscope(page, ours):
    """Bytes are rounded on the page, allocations are not."""
    rows = [(number(total.split()[0]), number(own.split()[0]), name) for total, own, name in page['rows']]
    wrong = compare('flat', {name: own for _, own, name in rows}, ours.flat('alloc_objects'))
    wrong += compare('cumulated', {name: total for total, _, name in rows}, ours.cumulated('alloc_objects'))
    profiles = dict(page['profiles'])
    wrong += compare('profiles', {'allocs': number(profiles['allocs'])}, {'allocs': sum(ours.by_path('alloc_objects').values())})
    wrong += compare('profiles', {'names': list(profiles)}, {'names': ['live', 'allocs', 'peak', 'bytes', 'waste']})
    print(f'shown={len(rows)} differences={wrong}')
    return wrong > 0


READERS = {'dhat': dhat, 'speedscope': speedscope}


def main(reader, page, ours):
    with open(page, encoding='utf-8') as text:
        return READERS[reader](json.load(text), Ours(ours))


sys.exit(main(*sys.argv[1:]))
