load compare

setup_file() {
  export PYTHONMALLOC=malloc PYTHONHASHSEED=0
}

@test "python3 loads the shim" {
  loads /usr/bin/python3 -c 'import ctypes, sqlite3'
}

@test "python3: json, ast, threads, subprocesses, exceptions, sqlite3, ctypes" {
  want=5 same /usr/bin/python3 "$INPUTS/mix.py"
}

@test "python3: fork from a process with busy threads" {
  same /usr/bin/python3 "$INPUTS/forks.py"
}

@test "python3: a traceback and its status" {
  want=1 same /usr/bin/python3 -c 'print("before", flush=True); {}["missing"]'
}

@test "python3: the standard library's own examples, in development mode" {
  same /usr/bin/python3 -X dev -c 'import unittest, doctest, difflib, heapq, textwrap
for m in difflib, heapq, textwrap: print(m.__name__, doctest.testmod(m))'
}
