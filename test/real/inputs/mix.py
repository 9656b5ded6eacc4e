"""Python with every object from malloc: the standard library from json and ast to sqlite3 and ctypes."""
import ast, collections, ctypes, gc, hashlib, json, pickle, queue, re, sqlite3
import ssl, subprocess, sys, threading, zlib

def say(name, value):
    print(name, value, flush=True)

def digest(value):
    return hashlib.sha256(repr(value).encode()).hexdigest()[:16]

data = [{"id": i, "name": f"n{i}", "list": list(range(i % 9)), "none": None, "f": i / 7} for i in range(8000)]
text = json.dumps(data)
assert json.loads(text) == data
say("json", digest(text))
say("pickle", zlib.crc32(pickle.dumps(pickle.loads(pickle.dumps(data)))))

source = "\n".join(f"def f{i}(a, b=({i}, 'x')):\n    return [a + c for c in b if c]\n" for i in range(800))
tree = ast.parse(source)
say("ast", (len(list(ast.walk(tree))), digest(ast.unparse(tree))))
exec(compile(tree, "made", "exec"), space := {})
say("compiled", len(space))

def deep(n):
    try:
        if n == 0:
            raise ValueError("bottom")
        deep(n - 1)
    except (ValueError, RuntimeError) as error:
        raise RuntimeError(n) from error if n % 2 else None

failures = collections.Counter()
for i in range(300):
    try:
        deep(i % 40)
    except RuntimeError as error:
        failures[str(error), type(error.__cause__).__name__] += 1
say("exceptions", sorted(failures.items())[:5])

jobs, done = queue.Queue(), []
def work():
    while (n := jobs.get()) is not None:
        done.append((n, digest([str(k) * 3 for k in range(n)])))  # a list made here, freed by another thread
threads = [threading.Thread(target=work) for _ in range(8)]
for t in threads: t.start()
for n in range(400): jobs.put(n)
for t in threads: jobs.put(None)
for t in threads: t.join()
say("threads", digest(sorted(done)))
for _ in range(10):
    batch = [threading.Thread(target=done.append, args=((i, ""),)) for i in range(30)]
    for t in batch: t.start()
    for t in batch: t.join()
say("short threads", len(done))

for i in range(5):
    code = f"import sys; print([str(n) for n in range({i}00)]); sys.exit({i})"
    child = subprocess.run([sys.executable, "-c", code], capture_output=True)
    say("subprocess", (child.returncode, digest(child.stdout), child.stderr))

db = sqlite3.connect(":memory:")
db.execute("create table t (id integer primary key, name text, v real)")
db.executemany("insert into t values (?, ?, ?)", ((i, f"name{i % 977}", i / 3) for i in range(30000)))
db.create_function("twice", 1, lambda x: x * 2)
rows = db.execute("select name, count(*), sum(twice(v)) from t group by name order by 3 desc limit 3")
say("sqlite3", rows.fetchall())

libc = ctypes.CDLL(None)
libc.strdup.restype = libc.malloc.restype = ctypes.c_void_p
libc.realloc.restype = ctypes.c_void_p
libc.realloc.argtypes = [ctypes.c_void_p, ctypes.c_size_t]
libc.free.argtypes = [ctypes.c_void_p]
for n in range(0, 1200, 7):
    p = libc.realloc(libc.strdup(b"abc" * n), 3 * n + 600)
    assert ctypes.string_at(p) == b"abc" * n
    libc.free(p)
order = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ctypes.c_int), ctypes.POINTER(ctypes.c_int))
numbers = (ctypes.c_int * 2000)(*[i * 7919 % 2003 for i in range(2000)])
libc.qsort(numbers, 2000, 4, order(lambda a, b: a[0] - b[0]))
say("ctypes", list(numbers) == sorted(numbers))

text = " ".join(f"k{i}-{'aeiou'[:i % 6]}" for i in range(20000))
say("re", digest(re.findall(r"(\w)(\d+)-(?P<x>[aeiou]*)", text)))
say("ssl", ssl.create_default_context().verify_mode)

class Node:
    pass
for _ in range(20000):  # cycles
    a, b = Node(), Node()
    a.b, b.a = b, a
say("gc", gc.collect() >= 0)
sys.exit(5)
