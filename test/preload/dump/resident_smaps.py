"""Compares the resident ledger of a process (arenashim resident --json, on stdin) with a copy of its smaps that was
made at the same moment: in all, and by file, stack, brk, shared memory and all other anonymous memory, each to 1 % or,
of small parts, to some pages that were touched in between."""
import json, re, sys

SLACK = 192 * 1024
ledger = json.load(sys.stdin)
wanted, here = {}, {}
OURS = ("small_", "free_", "uncarved", "empty_", "large_", "huge_", "rows", "tags", "profiler_tables", "anonymous",
        "thread_stack", "tls", "bss")


def smaps(path):
    name = kind = None
    for line in open(path):
        start = re.match(r"[0-9a-f]+-[0-9a-f]+ (....) \S+ \S+ \S+\s*(.*)", line)
        if start:
            name = start[2]
            if name == "" or name.startswith("[anon:") or "memfd:arenashim" in name or name.endswith(".record"):
                kind = "anonymous"
            elif name.startswith("["):
                kind = name
            else:
                kind = name.replace(" (deleted)", "")
        field = re.match(r"(Rss|Swap):\s+(\d+) kB", line)
        if field and kind != "[vvar]":
            wanted[kind] = wanted.get(kind, 0) + int(field[2]) * 1024


smaps(sys.argv[1])
for r in ledger["rows"]:
    kind = r["kind"]
    key = ("[heap]" if kind == "break" else "[stack]" if kind == "main_stack" else "[vdso]" if kind == "vdso"
           else "anonymous" if kind.startswith(OURS) else r["name"].replace(" (deleted)", ""))
    here[key] = here.get(key, 0) + r["resident"] + r["swapped"]

bad = []
for key in sorted(set(wanted) | set(here)):
    a, b = here.get(key, 0), wanted.get(key, 0)
    if abs(a - b) > max(SLACK if key == "anonymous" or "arenashim" in key else 32 * 1024, b // 100):
        bad.append(f"{key}: {a} in the ledger, {b} in smaps")
a, b = ledger["named"], ledger["resident"] + ledger["swapped"]
if abs(a - b) > max(b // 100, SLACK):
    bad.append(f"all: {a} named, {b} by the kernel")
a, b = sum(here.values()), sum(wanted.values())
if abs(a - b) > max(b // 100, SLACK):
    bad.append(f"all: {a} named, {b} in smaps")
print("\n".join(bad) or f"{a} {b} {100 * (a - b) / b:+.2f}%")
sys.exit(bool(bad))
