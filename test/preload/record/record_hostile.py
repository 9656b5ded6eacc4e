"""Somebody writes into a record while its process runs.

record_hostile.py SHIM TOOL DIRECTORY SECONDS [SEED]

A program under the shim goes on and computes what it computes; whoever reads the record meanwhile
gets an answer or a line that says what is wrong.  Random bytes, words of all ones and zeros, and
copies from elsewhere in the file, anywhere in it; and, in the word by which tags are switched,
anything that can be asked and nonsense.
"""
import mmap
import os
import random
import struct
import subprocess
import sys
import time

from record_head import CONTROL_AT

SHIM, TOOL, DIRECTORY = sys.argv[1:4]
END = time.time() + float(sys.argv[4])
random.seed(int(sys.argv[5]) if len(sys.argv) > 5 else 1)
RECORD = os.path.join(DIRECTORY, "x.record")
PROGRAM = """
import os, threading
def work(n):
    d = {}
    for i in range(n):
        d[i % 5000] = [str(i), bytes(i % 3000)]
    return len(d)
threads = [threading.Thread(target=work, args=(60000,)) for _ in range(3)]
[t.start() for t in threads]
if os.fork() == 0:
    os._exit(work(20000) != 5000)
ok = os.wait()[1] == 0
print(work(60000), ok)
[t.join() for t in threads]
"""


def ask(record):
    """Writes the control word, as `arenashim attach FILE` does, or nonsense."""
    sample = random.choice([0, 1, 1, 4096, random.getrandbits(64)])
    depth = random.choice([1, 8, 64, random.getrandbits(32)])
    sequence = struct.unpack_from("<I", record, CONTROL_AT)[0] + random.choice([1, 1, 7])
    struct.pack_into("<IQ", record, CONTROL_AT + 4, depth, sample)
    struct.pack_into("<I", record, CONTROL_AT, sequence & 0xffffffff)


def spoil(record):
    if random.randrange(1000) == 0:
        ask(record)
        return
    at = random.randrange(len(record) - 64)
    n = random.choice([1, 8, 64])
    at &= ~7 if n > 1 else ~0
    kind = random.randrange(4)
    if kind == 0:
        record[at:at + n] = random.randbytes(n)
    elif kind == 1:
        record[at:at + n] = b"\xff" * n
    elif kind == 2:
        record[at:at + n] = bytes(n)
    else:
        other = random.randrange(len(record) - 64)
        record[at:at + n] = record[other:other + n]


def read():
    for command in (["report"], ["export", "--format", "json"]):
        out = subprocess.run([TOOL, command[0], RECORD, *command[1:]], stdout=subprocess.DEVNULL,
                             stderr=subprocess.PIPE, timeout=60)
        if out.returncode not in (0, 2):
            sys.exit(f"{command} ended with {out.returncode}: {out.stderr.decode()}")


def run(tags):
    for name in os.listdir(DIRECTORY):
        os.unlink(os.path.join(DIRECTORY, name))
    env = dict(os.environ, LD_PRELOAD=SHIM, ARENASHIM_RECORD=RECORD, ARENASHIM_TAG=tags,
               PYTHONMALLOC="malloc")
    process = subprocess.Popen(["/usr/bin/python3", "-c", PROGRAM], env=env,
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    while not os.path.exists(RECORD) and process.poll() is None:
        time.sleep(0.001)
    written = 0
    with open(RECORD, "r+b") as f:
        record = mmap.mmap(f.fileno(), 0)
    while process.poll() is None:
        for _ in range(200):
            spoil(record)
        written += 200
        if random.randrange(40) == 0:
            read()
    out, err = process.communicate()
    if process.returncode != 0 or out != b"5000 True\n":
        sys.exit(f"{tags}: ended with {process.returncode}: {out.decode()}{err.decode()}")
    return written


def main():
    runs = written = 0
    while time.time() < END or runs < 3:
        written += run(["site", "stack:8", "off"][runs % 3])
        runs += 1
    print(f"{runs} runs, {written} writes: each ended as without")


main()
