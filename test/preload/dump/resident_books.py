"""Compares the resident ledger (arenashim resident --json, on stdin) with what resident_books.c said of itself
(a file): exactly, by page, where nobody else has pages of that kind; and the sum with the kernel's number."""
import json, sys

PAGE = 4096
ledger = json.load(sys.stdin)
rows = ledger["rows"]
bad = []


def sums(kind, test=lambda r: True):
    found = [r for r in rows if r["kind"] == kind and test(r)]
    return [sum(r[f] for r in found) for f in ("mapped", "resident", "count", "depth", "guard")]


def expect(what, got, want, more=0):
    if not want <= got <= want + more:
        bad.append(f"{what}: {got}, and {want}..{want + more} is right")


# With tags anonymous memory is shown by the call site that mapped it; the program's own are the only such.
by_site = any(r["site"] is not None for r in rows)
planted = [0, 0]
for line in open(sys.argv[1]):
    kind, *words = line.split()
    if kind == "stack":
        _, resident, count, depth, guard = sums("thread_stack", lambda r: r["name"] == words[0])
        threads, deep = int(words[1]), int(words[2])
        expect("threads", count, threads)
        expect("depth", depth, threads * deep, threads * 12 * PAGE)
        expect("stacks, resident", resident, threads * deep, threads * 12 * PAGE)
        expect("guards", guard, threads * 64 * 1024)
    elif kind == "anonymous" and by_site:
        planted[0] += int(words[1])
        planted[1] += int(words[2])
    elif kind in ("huge_objects", "huge_idle", "anonymous", "shared_memory", "read_only", "shared_file"):
        name, mapped, resident = words[0], int(words[1]), int(words[2])
        own = {"anonymous": lambda r: r["start"] == int(name, 16), "huge_objects": lambda r: True,
               "huge_idle": lambda r: True}.get(kind, lambda r: r["name"].startswith(name))
        got = sums(kind, own)
        expect(f"{kind} {name}, mapped", got[0], mapped)
        expect(f"{kind} {name}, resident", got[1], resident)
    elif kind in ("small_objects", "small_rounding", "large_objects"):
        # libc, the loader and the threads have a few objects, too; large objects are divided by jemalloc's figures.
        want = int(words[2])
        more = want // 50 + 64 * 1024
        less = want // 50 if kind == "large_objects" else 0
        expect(kind, sums(kind)[1], want - less, more + less)

if by_site:
    got = sums("anonymous", lambda r: r["site"] is not None)
    expect("by call site, mapped", got[0], planted[0])
    expect("by call site, resident", got[1], planted[1])
kernel = ledger["resident"] + ledger["swapped"]
expect("the sum", ledger["named"], kernel - kernel // 100, kernel // 50)
expect("the parts", sum(p["resident"] + p["swapped"] for p in ledger["parts"]), ledger["named"])
print("\n".join(bad))
sys.exit(bool(bad))
