"""Attaches to a running program and detaches, many times, and compares what was recorded with the
program's own books.

toggles.py SHIM TOOL PROGRAM DIRECTORY TOGGLES [SEED]

PROGRAM is toggled.c.  The control word is written as the command writes it, without the command:
samples and all requests in turn, at random intervals, and now and then nonsense.  After each
ROUND toggles all requests are recorded, the program's threads pause, and a dump is compared with
the books: what is tagged and what is of before, together, is what the program holds.  Then all
objects are freed: both are 0.
"""
import json
import os
import random
import signal
import struct
import subprocess
import sys
import time

from record_head import SEEN_AT, Head

SHIM, TOOL, PROGRAM, DIRECTORY = sys.argv[1:5]
TOGGLES = int(sys.argv[5])
SEED = int(sys.argv[6]) if len(sys.argv) > 6 else 1
THREADS, ROUND, JOINED_ROUNDS = 8, 20, 2
OTHERS = 100  # large objects that libc may have more or less
BOOKS = os.path.join(DIRECTORY, "books")
RUN, PAUSE, EMPTY, END = range(4)

# struct shared in toggled.c.
COMMAND, DUMP, PAUSED, DUMPED, EMPTIED, FIRST_BOOK, BOOK_BYTES = 0, 8, 16, 24, 32, 64, 64


class Books:
    def __init__(self):
        self.fd = os.open(BOOKS, os.O_RDWR)

    def read(self, at):
        return struct.unpack("<Q", os.pread(self.fd, 8, at))[0]

    def write(self, at, n):
        os.pwrite(self.fd, struct.pack("<Q", n), at)

    def rows(self):
        return [struct.unpack("<6q", os.pread(self.fd, 48, FIRST_BOOK + i * BOOK_BYTES))
                for i in range(THREADS)]

    def sums(self):
        return [sum(column) for column in zip(*self.rows())]

    def rounds(self):
        return [row[5] for row in self.rows()]


def wait(what, condition, process):
    end = time.monotonic() + 60
    while not condition():
        if process.poll() is not None:
            sys.exit(f"the program ended while {what} was waited for: {process.returncode}")
        if time.monotonic() > end:
            sys.exit(f"{what}: not within a minute")
        time.sleep(0.001)


def dump_of(books, process):
    books.write(DUMP, books.read(DUMP) + 1)
    wait("a dump", lambda: books.read(DUMPED) == books.read(DUMP), process)
    name = max((f for f in os.listdir(DIRECTORY) if f.endswith(".dump")),
               key=lambda f: os.stat(os.path.join(DIRECTORY, f)).st_mtime_ns)
    path = os.path.join(DIRECTORY, name)
    out = subprocess.run([TOOL, "export", path, "--format", "json", "--no-fold"],
                         stdout=subprocess.PIPE, check=True)
    os.rename(path, os.path.join(DIRECTORY, "last"))
    return json.loads(out.stdout)


def held(dump):
    """Live objects: [small of the program's, large ones that are tagged or its own, all large]."""
    frames = [f["function"] for f in dump["frames"]]
    small = large = before_small = before_large = 0
    for a in dump["accounts"]:
        if not 0 <= a["live_objects"] == a["allocs"] - a["frees"]:
            sys.exit(f"an account does not balance: {a}")
        site = dump["sites"][a["site"]]
        functions = {frames[f] for f in site.get("path", [])}
        if site["kind"] == "before" and 400 <= a["smallest"] <= 512:
            before_small += a["live_objects"]
        elif site["kind"] == "before" and a["smallest"] == 0:
            before_large += a["live_objects"]
        elif functions & {"take_small", "take_large", "size_small", "size_large"}:
            if a["large_allocs"] == 0:
                small += a["live_objects"]
            elif a["large_allocs"] == a["allocs"]:
                large += a["live_objects"]
            else:
                sys.exit(f"an account of both: {a}")
    return small, before_small, large, before_large


def check(books, head, process, empty, base):
    """base: large objects that are not the program's."""
    head.ask(1, 4)
    wait("the answer", head.seen, process)
    if head.read(SEEN_AT + 4) != 0:
        sys.exit(f"refused: {head.read(SEEN_AT + 4)}")
    before = books.rounds()
    wait("slow paths of all threads",
         lambda: all(n - m > JOINED_ROUNDS for n, m in zip(books.rounds(), before)) and
         len(set(head.joined())) == 1, process)
    books.write(COMMAND, PAUSE)
    wait("a pause", lambda: books.read(PAUSED) == THREADS, process)
    if empty:
        books.write(COMMAND, EMPTY)
        wait("the frees", lambda: books.read(EMPTIED) == THREADS, process)
    own_small, own_large = books.sums()[:2]
    small, before_small, large, before_large = held(dump_of(books, process))
    line = (f"small: {own_small} are alive, {small} tagged and {before_small} of before; "
            f"large: {own_large}, {large} tagged and {before_large} of before")
    if small + before_small != own_small:
        sys.exit(f"small objects do not balance: {line}")
    others = large + before_large - own_large
    if others < 0 or (base is not None and abs(others - base) > OTHERS):
        sys.exit(f"large objects do not balance ({base} are others'): {line}")
    if empty and (small, before_small, large) != (0, 0, 0):
        sys.exit(f"not 0 after all was freed: {line}")
    books.write(COMMAND, RUN)
    wait("the end of the pause", lambda: books.read(PAUSED) == 0, process)
    return line, others


def toggle(head, choose):
    """One of: all requests, samples, nothing; seldom nonsense."""
    if choose.random() < 0.02:
        head.ask(choose.getrandbits(64), choose.getrandbits(32))
    else:
        head.ask(choose.choice([0, 0, 1, 1, 4096, 65536]), choose.choice([1, 4, 8, 64]))
    time.sleep(choose.expovariate(1 / 0.004))


def main():
    choose = random.Random(SEED)
    process = subprocess.Popen([PROGRAM, BOOKS, str(THREADS)], env=dict(os.environ, LD_PRELOAD=SHIM),
                               start_new_session=True)  # children are to end with it
    try:
        wait("the books", lambda: os.path.exists(BOOKS) and os.path.getsize(BOOKS) > 0, process)
        books = Books()
        wait("threads", lambda: books.sums()[0] > 0, process)
        head = Head(process.pid)
        base, seen, begun = None, 0, time.monotonic()
        for i in range(TOGGLES):
            toggle(head, choose)
            seen += head.seen()
            if process.poll() is not None:
                sys.exit(f"the program ended after {i} toggles: {process.returncode}")
            if i % ROUND == ROUND - 1:
                line, others = check(books, head, process, i % (2 * ROUND) == ROUND - 1, base)
                base = others if base is None else base
        books.write(COMMAND, END)
        if process.wait(timeout=60) != 0:
            sys.exit(f"the program's end: {process.returncode}")
        _, _, forks, opens, ends, _ = books.sums()
        print(f"{TOGGLES} toggles in {time.monotonic() - begun:.0f} s, {seen} followed at once, "
              f"{forks} forks, {opens} times dlopen, {ends} threads; last: {line}")
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


main()
