"""How long it takes from the request until all threads have tags, and until none has.

attach_time.py SHIM PROGRAM DIRECTORY TIMES MOST_MS

PROGRAM is record_books.c: eight threads that allocate and free all the time.  The median must be at
most MOST_MS.
"""
import os
import statistics
import subprocess
import sys
import time

from record_head import Head

SHIM, PROGRAM, DIRECTORY, TIMES, MOST_MS = sys.argv[1:6]
BOOKS = os.path.join(DIRECTORY, "books")
THREADS = 8


def measure(head, sample_bytes):
    begun = time.monotonic()
    head.ask(sample_bytes, 8)
    while True:
        running, joined = head.joined()
        now = time.monotonic()
        if running == joined == THREADS:
            return (now - begun) * 1000
        if now - begun > 30:
            sys.exit(f"after 30 s {joined} of {running} threads have followed")


process = subprocess.Popen([PROGRAM, BOOKS, str(THREADS), "kill"],
                           env=dict(os.environ, LD_PRELOAD=SHIM))
try:
    while not os.path.exists(BOOKS) or os.path.getsize(BOOKS) == 0:
        time.sleep(0.01)
    time.sleep(0.3)
    head = Head(process.pid)
    times = [measure(head, ask) for _ in range(int(TIMES)) for ask in (1, 0, 4096, 0)]
finally:
    process.kill()
    process.wait()
median = statistics.median(times)
print(f"{len(times)} changes: median {median:.1f} ms, at most {max(times):.1f} ms")
sys.exit(median > float(MOST_MS))
