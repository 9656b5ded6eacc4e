#!/usr/bin/python3
"""Circles of files: files of which each needs the others, so that none can be read, tested or moved alone.

Usage: circles.py OBJECT.o...      by calls: an object needs the one that defines a symbol it leaves undefined
       circles.py SOURCE.[ch]...   by includes: NAME.c and NAME.h count as one file, and need the one whose header they include

A symbol (a header) that none of the files named defines, libc's, or that several define, counts for nothing.
A circle is a strongly connected component of more than one file. It is printed as a line with its files' names and,
below it, a line for each of its files that needs another: "  a -> b: symbol, symbol". The last line says how many
files and needs were looked at. Status 0: no circle; 1: some; 2: a file can't be read, or none is named.
"""
import os
import re
import subprocess
import sys
from collections import defaultdict

UNDEFINED, LOCAL = 'Uvw', 'abdnrst' # nm's letters; other small ones (i, u) are of symbols that others see


def object_symbols(objects):
    """Of each object: the global symbols that it defines, and those that it leaves undefined."""
    defines, wants = defaultdict(set), defaultdict(set)
    for line in subprocess.run(['nm', '-A', '-P', *objects], check=True, text=True, stdout=subprocess.PIPE).stdout.splitlines():
        file, symbol, letter = re.match(r'(.*): (\S+) (\S)', line).groups()
        if letter in UNDEFINED:
            wants[file].add(symbol)
        elif letter not in LOCAL:
            defines[file].add(symbol)
    return defines, wants


def source_includes(sources):
    """Of each NAME: the headers that it has, and those that its files include, by their last names."""
    defines, wants = defaultdict(set), defaultdict(set)
    for source in sources:
        name, ending = os.path.splitext(source)
        if ending == '.h':
            defines[name].add(os.path.basename(source))
        with open(source, encoding='utf-8') as text:
            wants[name].update(os.path.basename(h) for h in re.findall(r'^\s*#\s*include "(.*)"', text.read(), re.M))
    return defines, wants


def needs_of(defines, wants):
    """Of each file: the files that it needs, each with what it needs of it."""
    owners = defaultdict(list)
    for file, names in defines.items():
        for name in names:
            owners[name].append(file)
    needs = {file: defaultdict(list) for file in sorted({*defines, *wants})}
    for file, names in wants.items():
        for name in sorted(names):
            if len(owners[name]) == 1 and owners[name] != [file]:
                needs[file][owners[name][0]].append(name)
    return needs


def reached(needs, start):
    """All files that one needs, by itself or through others; the file itself if it is in a circle."""
    found, waiting = set(), [start]
    while waiting:
        new = set(needs[waiting.pop()]) - found
        found |= new
        waiting.extend(new)
    return found


def circles(needs):
    """The strongly connected components of more than one file, in the order of their first names."""
    ahead = {file: reached(needs, file) for file in needs}
    found = {frozenset(b for b in ahead[a] if a in ahead[b]) for a in needs if a in ahead[a]}
    return sorted(sorted(circle) for circle in found)


def main(files):
    if not files:
        print('circles.py: name the files, all .o or all .c and .h', file=sys.stderr)
        return 2
    try:
        needs = needs_of(*(object_symbols if files[0].endswith('.o') else source_includes)(files))
    except (OSError, subprocess.CalledProcessError) as error:
        print(f'circles.py: {error}', file=sys.stderr)
        return 2
    found = circles(needs)
    for circle in found:
        print('circle: ' + ' '.join(circle))
        for a in circle:
            for b in sorted(set(needs[a]) & set(circle)):
                print(f'  {a} -> {b}: ' + ', '.join(needs[a][b]))
    print(f'files={len(needs)} needs={sum(map(len, needs.values()))} circles={len(found)}')
    return 1 if found else 0


if __name__ == '__main__':
    sys.exit(main(sys.argv[1:]))
