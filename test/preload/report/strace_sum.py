#!/usr/bin/python3
"""Compares a report's ledger with strace's log of mmap, munmap and brk: strace_sum.py LOG REPORT

The program has one thread and opens no file after its start, so that every mapping from the
shim's reservation on is the allocator's. The break must not move."""
import re
import sys

total = 0
ours = False
for line in open(sys.argv[1], encoding="ascii"):
    if "PROT_NONE" in line and "MAP_NORESERVE" in line:
        ours = True
    if not ours:
        continue
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
