#!/usr/bin/python3
"""Compares a report's ledger with strace's log of mmap, munmap and brk: strace_sum.py LOG REPORT

The shim's first mapping is a page that it unmaps at once, to see where the kernel maps things. The
program has one thread and opens no file after its start, so that every mapping from there on is
the allocator's. The break must not move."""
import re
import sys

log = open(sys.argv[1], encoding="ascii").read()
first = re.search(r"mmap\(NULL, 4096, .*, -1, 0\) = (0x\w+)\n.*munmap\(\1, 4096\)", log)
assert first, "no page is mapped and unmapped at once"
total = 0
for line in log[first.start():].splitlines():
    if match := re.search(r"mmap\(\w+, (\d+), .*= 0x", line):
        assert "-1, 0)" in line, f"a file was mapped: {line}"
        total += int(match[1])
    elif match := re.search(r"munmap\(\w+, (\d+)\) += 0", line):
        total -= int(match[1])
    elif match := re.search(r"brk\(0x", line):
        sys.exit(f"strace_sum.py: the break was moved: {line}")
counter = int(re.search(r"mapped, by the counter at mmap and munmap +(\d+)", open(sys.argv[2], encoding="ascii").read())[1])
if total != counter:
    sys.exit(f"strace_sum.py: strace saw {total} bytes mapped, the ledger's counter says {counter}")
print(f"{total} bytes by both")
