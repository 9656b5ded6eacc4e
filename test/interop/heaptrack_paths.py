#!/usr/bin/python3
"""Allocations per call path: collapsed stacks of heaptrack_print and of `arenashim export --no-fold`, compared.

Usage: heaptrack_paths.py THEIRS OURS [FRAMES]

Both sides are treated alike: names without parameters and return types, what the C library does
within a wrapper folded, paths cut to their FRAMES innermost functions (20), lines that are equal
then added up.  Compared are paths from main on, and those so deep that main is cut off; what runs
before main differs by nature (heaptrack starts later).  Prints every difference; status 1 if any.
"""
import re
import sys
from collections import Counter

# Who only passes a request on. The list is the test's own, not the command's.
WRAPPERS = re.compile(r'(xmalloc|xrealloc|malloc|calloc|realloc|reallocarray|(__)?posix_memalign|aligned_alloc|valloc'
                      r'|(__GI_)?(__)?strn?dup|operator new(\[\])?|std::allocator<.*|std::allocator_traits<.*'
                      r'|std::__new_allocator<.*|__gnu_cxx::new_allocator<.*|__gnu_cxx::__alloc_traits<.*)$')
# A new that is refused asks for an exception, on one side from within libstdc++ alone.
THROWING = re.compile(r'(__cxa_allocate_exception|std::__throw_bad_alloc|new_failed)$')
# A frame without a name, whatever it is called.
UNKNOWN = re.compile(r'(0x[0-9a-f]+|\S+\+0x[0-9a-f]+|<unresolved function>|\?+)$')


def outside(name, part):
    """Where `part` stands in a name, outside of <> and ()."""
    name = re.sub(r'operator *(<<|>>|<=>|<=|>=|->|<|>|\(\))', lambda m: '_' * len(m[0]), name)
    depth = 0
    for i, c in enumerate(name):
        if depth == 0 and name.startswith(part, i) and not name.startswith('(anonymous', i):
            yield i
        depth += (c in '<({') - (c in '>)}')


def symbol(frame):
    """void ns::f<int>(int) const (file.cc)  ->  ns::f<int>"""
    frame = re.sub(r' \([^() ]*\)$', '', frame.strip())  # heaptrack's file name
    if UNKNOWN.match(frame):
        return '?'
    frame = re.sub(r' \[clone [^]]*\]|\.(part|constprop|isra|cold)(\.\d+)?', '', frame)
    for i in outside(frame, '('):
        frame = frame[:i]
        break
    if 'operator ' not in frame:
        for i in reversed(list(outside(frame, ' '))):
            return frame[i + 1:]
    return frame


def read(name, frames):
    """The Counter of a file's paths, each a tuple, outermost first."""
    paths = Counter()
    for line in open(name):
        stack, count = line.rstrip('\n').rsplit(' ', 1)
        path = [symbol(f) for f in stack.rstrip(';').split(';')]
        thrown = THROWING.match(path[-1])
        while path and (WRAPPERS.match(path[-1]) or thrown and (path[-1] == '?' or THROWING.match(path[-1]))):
            path.pop()
        if 'main' in path:
            path = path[path.index('main'):]
        elif len(path) < frames:
            continue
        paths[tuple(path[-frames:])] += int(count)
    return paths


def main():
    frames = int(sys.argv[3]) if len(sys.argv) > 3 else 20
    theirs, ours = read(sys.argv[1], frames), read(sys.argv[2], frames)
    differences = 0
    for path in sorted(theirs.keys() | ours.keys()):
        if theirs[path] != ours[path]:
            differences += 1
            print(f'heaptrack {theirs[path]}, ours {ours[path]}: {";".join(path)}')
    print(f'paths={len(theirs)} allocations={sum(theirs.values())} differences={differences}')
    return 1 if differences or not theirs else 0


sys.exit(main())
