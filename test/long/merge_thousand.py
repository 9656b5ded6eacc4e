#!/usr/bin/python3
"""A fleet for `arenashim merge`: 1,000 dumps of 50 programs, and what their call sites must add up to.

Usage: merge_thousand.py SHIM DIRECTORY

DIRECTORY gets dumps/NAME.PID.dump and truth: a line `LEAF MIDDLE WORK COUNT` for each call path whose count is known
from the arguments of the runs. 30 programs are made here in two builds each, half of them without names; 20 are Debian's.
"""
import concurrent.futures
import os
import pathlib
import subprocess
import sys

OWN, RUNS, DEBIAN_RUNS = 30, 10, 20
BUILDS = {"old": ["-O0", "-no-pie"], "new": ["-O2", "-pie", "-DNEW"]}
SOURCE = """
#include <pthread.h>
#include <stdlib.h>
#include <sys/mman.h>
void *kept[4096];
int n;
#ifdef NEW
__attribute__((noinline)) void moved(void) { for (int i = 0; i < 9; i++) free(malloc(300)); }
#endif
__attribute__((noinline)) void leaf_@(int from) { for (int i = 0; i < n; i++) kept[from + i] = malloc(16 + (size_t)(i * @ % 900)); }
__attribute__((noinline)) void middle_@(int from) { leaf_@(from); kept[from + 1000] = malloc(5000 * @ + 1); }
__attribute__((noinline)) void *work_@(void *from) { middle_@(*(int *)from); free(kept[*(int *)from]); return NULL; }
int main(int argc, char **argv) {
  int first = 0, second = 2000;
  pthread_t t;
  n = atoi(argv[argc - 1]);
  pthread_create(&t, NULL, work_@, &first);
  pthread_join(t, NULL);
  work_@(&second);
  mmap(NULL, 65536 * (size_t)n, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
#ifdef NEW
  moved();
#endif
}
"""
DEBIAN = [c.split(" ", 1) for c in """ls -l /usr/bin
sort -R /etc/services
find /usr/share/man/man1 -newer /etc/passwd
grep -r printf /usr/include/x86_64-linux-gnu/bits
sed -n 1p /etc/services
mawk {n[$1]++} /etc/services
perl -e@a=map{$_x9}1..999
tar c -f /dev/null /etc/default
stat /
date -R
python3 -S -c pass
bash -c x=$(date)
dash -c true
wc /etc/services
sqlite3 :memory: select(1)
gzip -c /etc/services
xz -c /etc/services
diff /etc/services /etc/passwd
git version
file /etc/passwd""".split("\n")]


def build(number, name, flags, to):
    """Programs with odd numbers have no names."""
    path = to / name / f"p{number:02}"
    source = SOURCE.replace("@", str(number)).encode()
    strip = ["-s"] if number % 2 else []
    subprocess.run(["gcc", "-g", "-Wl,--build-id", *flags, *strip, "-xc", "-", "-o", path, "-lpthread"], input=source, check=True)
    return path


def run(command, shim, to):
    env = {"PATH": "/usr/bin", "LD_PRELOAD": shim, "ARENASHIM_DUMP": f"{to}/dumps/", "ARENASHIM_TAG": "stack:6",
           "ARENASHIM_CHILDREN": "off"}
    subprocess.run(command, env=env, check=False, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def main(shim, to):
    to = pathlib.Path(to)
    for name in ("dumps", *BUILDS):
        (to / name).mkdir(parents=True)
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        made = {(i, name): pool.submit(build, i, name, flags, to) for i in range(1, OWN + 1) for name, flags in BUILDS.items()}
        commands = [[made[i, name].result(), str(i + k)] for i, name in made for k in range(RUNS)]
        commands += [c[:1] + c[1].split(" ") for c in DEBIAN for _ in range(DEBIAN_RUNS)]
        list(pool.map(lambda c: run(c, shim, to), commands))
    counted = {i: len(BUILDS) * sum(i + k for k in range(RUNS)) for i in range(2, OWN + 1, 2)}
    (to / "truth").write_text("".join(f"leaf_{i} middle_{i} work_{i} {2 * n}\n" for i, n in counted.items()))


main(*sys.argv[1:])
