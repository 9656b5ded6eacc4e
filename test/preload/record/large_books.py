"""Compares what readers say of large objects with the program's own books (large_books.c).

usage: large_books.py SHIM TOOL PROGRAM DIRECTORY plain|attached

At each step the process runs; at the end it was killed, and only its record is left.  Plain: nobody
attaches, and the last moment of the time axis has its live bytes.  Attached: after the first objects
were taken somebody attaches, and the row of what was requested before has what of these lives.
"""
import json
import os
import subprocess
import sys

shim, tool, program, directory, how = sys.argv[1:]
MIB = 1 << 20
LISTS = 13 * 64 << 10  # what a thread's cache holds, which counts as freed only beyond it
record = os.path.join(directory, how + ".record")


def export(source):
    if source.isdigit():
        dump = os.path.join(directory, how + ".dump")
        subprocess.run([tool, "dump", source, "-o", dump], stdout=subprocess.DEVNULL, check=True)
        source = dump
    out = subprocess.run([tool, "export", source, "--format", "json", "--no-fold"],
                         stdout=subprocess.PIPE, check=True)
    return json.loads(out.stdout)


def live(d):
    """Bytes with rounding: what moments count without tags, and all accounts with them."""
    if how == "plain":
        return d["moments"][-1]["live_bytes"]
    rounded = sum(a["live_rounded"] for a in d["accounts"])
    return rounded if d["accounts"] else d["moments"][-1]["live_bytes"]


def compare(step, source, own, threads):
    # what the program holds beside the objects of its books is less than this
    said, most = live(export(source)), threads * (MIB + LISTS) + 100000
    print(f"{how} {step} {source}: books {own}, said {said}, at most {most} apart")
    assert abs(said - own) <= most, (step, said, own)


child = subprocess.Popen([program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
                         env=dict(os.environ, LD_PRELOAD=shim, ARENASHIM_RECORD=record,
                                  ARENASHIM_TAG="off"))
while line := child.stdout.readline():
    step, _, own = line.split()
    threads = 5 if step.startswith("threads") else 1
    if step != "none":
        compare(step, str(child.pid), int(own), threads)
        compare(step, record, int(own), threads)
    if how == "attached" and step == "small":
        subprocess.run([tool, "attach", str(child.pid), "--tag", "site"], check=True)
    child.stdin.write("\n")
    child.stdin.flush()
assert child.wait() == -9, child.returncode
compare("killed", record, int(own), threads)
