"""Compares the time axis of a dump, as JSON on stdin, with the curve that the process wrote down.

usage: timeline.py LOG [--base BYTES] [--untagged]
"""
import bisect
import json
import sys

NEAR = 0.06  # seconds between a moment and the process's note of it; the machine may be busy
untagged = "--untagged" in sys.argv
d = json.load(sys.stdin)
log = [(float(t), int(b)) for t, b in (line.split() for line in open(sys.argv[1]) if line.count(" ") == 1)]
times = [t for t, _ in log]
moments = d["moments"]
assert len(moments) >= 5, f"only {len(moments)} moments"

# What the process had before its curve begins: the loader's and stdio's objects.
base = 0 if untagged else min(m["live_bytes"] for m in moments[:1])
assert base < 100000, base


def curve(t):
    """The least and the most that the process held around that time."""
    low, high = bisect.bisect_left(times, t - NEAR), bisect.bisect_right(times, t + NEAR)
    near = [b for _, b in log[max(low - 1, 0):high + 1]]
    return min(near), max(near)


last = -1
for m in moments:
    t = m["time_ns"] / 1e9
    assert t > last, "moments stand in the order of time"
    last = t
    low, high = curve(t)
    if t < times[0]:
        low = 0
    slack = 2 << 20 if untagged else 100000  # what is not known of large objects; the base, one churn
    assert low - slack <= m["live_bytes"] <= high + slack, (t, low, m["live_bytes"], high)
    assert m["mapped_bytes"] >= m["live_bytes"], m
    if not untagged:
        total = m["rest_bytes"] + sum(s["bytes"] for s in m["shares"])
        assert total == m["live_bytes"], (t, total, m["live_bytes"])
        assert len(m["shares"]) <= 64
assert [m["allocs"] for m in moments] == sorted(m["allocs"] for m in moments)

marks = {e["text"]: e["time_ns"] / 1e9 for e in d["events"] if e["kind"] == "mark"}
assert set(marks) == {"first", "second"}, marks
half = max(log, key=lambda line: line[1])[0]
assert marks["first"] < times[0] + NEAR, marks
assert marks["second"] < last and abs(marks["second"] - times[len(times) // 2]) < NEAR, (marks, half)
