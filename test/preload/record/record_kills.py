"""Ends processes at random moments and compares their records with their own books.

record_kills.py SHIM TOOL PROGRAM DIRECTORY KILLS [SEED]

PROGRAM is record_books.c.  With tags every sum must be right but for the operation that each thread
was in; without them but for one list a size class and thread, and what waits in partly used slabs.
"""
import json
import os
import random
import signal
import struct
import subprocess
import sys
import time

SHIM, TOOL, PROGRAM, DIRECTORY = sys.argv[1:5]
KILLS = int(sys.argv[5])
random.seed(int(sys.argv[6]) if len(sys.argv) > 6 else 1)
HOWS = ["KILL", "kill", "segv", "abort", "exit", "exec"]  # KILL: from outside
TAGS = ["site", "stack:8", "off"]
MARGIN = 1  # operations that a thread may be in
CELLS = 2 * 65536 // 304  # a list, and one that is being cut


def books(path):
    with open(path, "rb") as f:
        data = f.read()
    rows = [struct.unpack_from("<4Q", data, at) for at in range(0, len(data), 64)]
    return [sum(column) for column in zip(*rows)]


def started(path, process):
    """Waits until the program has counted something."""
    for _ in range(3000):
        if os.path.exists(path) and os.path.getsize(path) > 0 and books(path)[0] > 0:
            return
        if process.poll() is not None:
            sys.exit(f"the program ended by itself: {process.returncode}")
        time.sleep(0.001)
    sys.exit("the program did not start to work")


def run(how, tags, threads):
    path, record = os.path.join(DIRECTORY, "books"), os.path.join(DIRECTORY, "x.record")
    for name in os.listdir(DIRECTORY):
        os.unlink(os.path.join(DIRECTORY, name))
    env = dict(os.environ, LD_PRELOAD=SHIM, ARENASHIM_RECORD=record, ARENASHIM_TAG=tags)
    process = subprocess.Popen([PROGRAM, path, str(threads), how.lower()], env=env,
                               stderr=subprocess.DEVNULL)
    started(path, process)
    time.sleep(random.random() * 0.03)
    os.kill(process.pid, signal.SIGKILL if how == "KILL" else signal.SIGUSR1)
    process.wait()
    out = subprocess.run([TOOL, "export", record, "--format", "json", "--no-fold"],
                         stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    if out.returncode != 0:
        sys.exit(f"export ended with {out.returncode}: {out.stderr.decode()}")
    return books(path), json.loads(out.stdout)


def tagged_sums(dump):
    ours = {i for i, f in enumerate(dump["frames"]) if f["function"] == "take_object"}
    sites = {i for i, s in enumerate(dump["sites"]) if ours & set(s.get("path", []))}
    rows = [a for a in dump["accounts"] if a["site"] in sites]
    return [sum(s[key] for s in rows) for key in ("allocs", "frees", "bytes", "live_bytes")]


def check_tagged(mine, dump, threads, how):
    if how == "exit" and threads > 1:  # the others went on while the dump was written
        return
    allocs, frees, bytes_, live = tagged_sums(dump)
    most = threads * MARGIN
    largest = most * 430
    assert mine[0] <= allocs <= mine[0] + most, f"allocs {allocs}, by its books {mine[0]}"
    assert mine[1] <= frees <= mine[1] + most, f"frees {frees}, by its books {mine[1]}"
    assert abs(bytes_ - mine[2]) <= largest, f"bytes {bytes_}, by its books {mine[2]}"
    expected = mine[2] - mine[3]
    assert abs(live - expected) <= largest, f"live {live}, by its books {expected}"


def check_untagged(mine, dump, threads, how):
    """Free cells of slabs that still hold objects count as live: frees are a lower bound."""
    if how == "exit" and threads > 1:
        return
    rows = [c for c in dump["classes"] if 304 <= c["cell_bytes"] <= 432]
    bound = 9 * threads * CELLS
    allocs, frees = (sum(c[key] for c in rows) for key in ("allocs", "frees"))
    assert abs(allocs - mine[0]) <= bound, f"allocs {allocs}, by its books {mine[0]}"
    assert frees <= mine[1] + bound, f"frees {frees}, by its books {mine[1]}"
    assert allocs - frees >= mine[0] - mine[1] - bound, f"live {allocs - frees}, by its books less"


def main():
    worst = 0
    for i in range(KILLS):
        how, tags, threads = random.choice(HOWS), random.choice(TAGS), random.choice([1, 8])
        mine, dump = run(how, tags, threads)
        try:
            (check_untagged if tags == "off" else check_tagged)(mine, dump, threads, how)
        except AssertionError as wrong:
            sys.exit(f"kill {i} ({how}, {tags}, {threads} threads): {wrong}")
        if tags != "off" and how != "exit":
            worst = max(worst, abs(tagged_sums(dump)[0] - mine[0]))
    print(f"{KILLS} kills, {KILLS} records right; at most {worst} operations apart with tags")


main()
