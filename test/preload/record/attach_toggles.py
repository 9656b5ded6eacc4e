"""Attaches to a running process and detaches again and again, and compares what was recorded with
the process's own books.

attach_toggles.py SHIM TOOL PROGRAM DIRECTORY TOGGLES

PROGRAM is record_books.c.  While samples are taken every request counts on average once; between
attach and detach the books grow by what the estimate must be.
"""
import json
import os
import struct
import subprocess
import sys
import time

SHIM, TOOL, PROGRAM, DIRECTORY = sys.argv[1:5]
TOGGLES = int(sys.argv[5])
THREADS = 4
BOOKS = os.path.join(DIRECTORY, "books")


def books():
    with open(BOOKS, "rb") as f:
        data = f.read()
    rows = [struct.unpack_from("<4Q", data, at) for at in range(0, len(data), 64)]
    return [sum(column) for column in zip(*rows)]


def tool(*words):
    out = subprocess.run([TOOL, *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    if out.returncode != 0:
        sys.exit(f"{words} ended with {out.returncode}: {out.stderr}")
    return out.stdout


def sums(pid):
    path = os.path.join(DIRECTORY, "now.dump")
    tool("attach", str(pid), "--sample", "4K", "--tag", "stack:4", "--for", "0.01s", "-o", path)
    dump = json.loads(tool("export", path, "--format", "json", "--no-fold"))
    os.unlink(path)
    for a in dump["accounts"]:
        if a["allocs"] < a["frees"] or a["live_objects"] != a["allocs"] - a["frees"]:
            sys.exit(f"books do not balance: {a}")
    ours = {i for i, f in enumerate(dump["frames"]) if f["function"] == "take_object"}
    sites = {i for i, s in enumerate(dump["sites"]) if ours & set(s.get("path", []))}
    return sum(a["allocs"] for a in dump["accounts"] if a["site"] in sites)


def main():
    process = subprocess.Popen([PROGRAM, BOOKS, str(THREADS), "kill"],
                               env=dict(os.environ, LD_PRELOAD=SHIM))
    while not os.path.exists(BOOKS) or os.path.getsize(BOOKS) == 0 or books()[0] == 0:
        time.sleep(0.001)
    least = most = 0
    pid = str(process.pid)
    for _ in range(TOGGLES):
        before = books()[0]
        tool("attach", pid, "--sample", "4K", "--tag", "stack:4")
        attached = books()[0]
        time.sleep(0.03)
        least += books()[0] - attached
        tool("detach", pid)
        most += books()[0] - before
    before = books()[0]
    found = sums(process.pid)
    most += books()[0] - before
    if process.poll() is not None:
        sys.exit(f"the program ended: {process.returncode}")
    process.kill()
    process.wait()
    print(f"{TOGGLES} toggles: {least} to {most} allocations while attached, {found} estimated")
    if not 0.98 * least <= found <= 1.02 * most:
        sys.exit("the estimate is not between them")


main()
