#!/usr/bin/python3
"""Compares a dump's mappings with strace's log: maps_strace.py DUMP LOG

Replays the log of a process, page by page, and expects of each range of the dump that all its pages are mapped, by a
call of the kind and with the protection that the dump says. What the program maps by system calls of libc's and the
loader's own is in the log alone."""
import re
import sys

from maps_read import Maps

PAGE = 4096
dump, pages, brk, segments, attached = Maps(sys.argv[1]), {}, None, {}, {}


def up(n):
    return -(-n // PAGE) * PAGE


def each(start, length):
    return range(start, start + up(length), PAGE)


protections = {"PROT_NONE": 0, "PROT_READ": 1, "PROT_WRITE": 2, "PROT_EXEC": 4}
for line in open(sys.argv[2], encoding="ascii", errors="replace"):
    line = re.sub(r"^\d+ +", "", line)
    if line.startswith("execve("):
        pages, brk = {}, None
    elif m := re.match(r"mmap\(\w+, (\d+), ([A-Z_|]+), ([A-Z_|0-9a-z<]+), (-?\d+).*, (\w+)\) = (0x\w+)", line):
        protection = sum(protections[p] for p in m[2].split("|"))
        kind = 1 if "MAP_ANONYMOUS" in m[3] else 2
        for i, page in enumerate(each(int(m[6], 16), int(m[1]))):
            pages[page] = (kind, protection, int(m[5], 0) + i * PAGE if kind == 2 else None)
    elif m := re.match(r"munmap\((0x\w+), (\d+)\) += 0", line):
        for page in each(int(m[1], 16), int(m[2])):
            pages.pop(page, None)
    elif m := re.match(r"mremap\((0x\w+), (\d+), (\d+), ([A-Z_|]+).*\) = (0x\w+)", line):
        moved = [pages.pop(p, None) for p in each(int(m[1], 16), int(m[2]))]
        for i, page in enumerate(each(int(m[5], 16), int(m[3]))):
            kind, protection, offset = moved[0]
            pages[page] = (kind, protection, None if offset is None else offset + i * PAGE)
    elif m := re.match(r"shmget\(\w+, (\d+), .*\) += (\d+)", line):
        segments[m[2]] = int(m[1])
    elif m := re.match(r"shmat\((\d+), .*\) += (0x\w+)", line):
        attached[m[2]] = each(int(m[2], 16), segments[m[1]])
        pages.update({p: (3, 3, None) for p in attached[m[2]]})
    elif m := re.match(r"shmdt\((0x\w+)\) += 0", line):
        for page in attached.pop(m[1]):
            pages.pop(page, None)
    elif m := re.match(r"brk\(\w+\) += (0x\w+)", line):
        end = int(m[1], 16)
        if brk is not None and end > brk:
            pages.update({p: (4, 3, None) for p in range(brk // PAGE * PAGE, up(end), PAGE)})
        for page in range(up(end), up(brk or end), PAGE):
            pages.pop(page, None)
        brk = end
assert dump.missed == 0 and pages
count = 0
for r in dump.ranges:
    for page in range(r["start"] // PAGE * PAGE, r["end"], PAGE):
        count += 1
        kind, protection, offset = pages.get(page) or sys.exit(f"page {page:x} of {r} is not mapped, says strace")
        assert (kind, protection) == (r["kind"], r["protection"]), (hex(page), kind, protection, r)
        assert kind != 2 or offset == r["offset"] + page - r["start"], (hex(page), offset, r)
files = sum(r["kind"] == 2 for r in dump.ranges)
print(f"{count} pages in {len(dump.ranges)} ranges, {files} of files: strace agrees")
