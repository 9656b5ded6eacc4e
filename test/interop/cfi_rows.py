#!/usr/bin/python3
"""Rows of unwind information, as binutils' readelf interprets them, against ours.

cfi_rows.py rows LIBRARY        every row of every function: ADDRESS KIND DELTA RBP_AT
cfi_rows.py compare ROWS RULES  differing lines, then "rows=N differences=N"
"""
import re
import subprocess
import sys

REGISTERS = {'rsp': 'sp', 'rbp': 'bp'}


def rule(columns, row):
    """A row of readelf as a rule; columns: its heads, LOC left out."""
    value = dict(zip(columns, row))
    if value['ra'] == 'u':
        return 'end 0 0'
    cfa = re.fullmatch(r'(rsp|rbp)([+-]\d+)', value['CFA'])
    rbp = value.get('rbp', 'u')
    if value['ra'] != 'c-8' or cfa is None or not re.fullmatch(r'u|s|c[+-]\d+', rbp):
        return 'never 0 0'
    return f"{REGISTERS[cfa[1]]} {int(cfa[2])} {0 if rbp in 'us' else int(rbp[1:])}"


def rows(library):
    """(first, last, rule) of each row; a CIE's first row is that of functions without rows."""
    text = subprocess.run(['readelf', '-wF', library], capture_output=True, text=True).stdout
    common, found = {}, []
    for record in re.split(r'\n\n+', text):
        lines = record.strip().splitlines()
        head = re.match(r'(\S+) \S+ \S+ (?:CIE "(\w*)"|FDE cie=(\S+) pc=(\w+)\.\.(\w+))', lines[0]) if lines else None
        if not head:
            continue
        columns = lines[1].split()[1:] if len(lines) > 1 else []
        body = [(int(line.split()[0], 16),
                 rule(columns, re.sub(r' \(\w+\)', '', line).split()[1:])) for line in lines[2:]]
        if head[2] is not None:
            common[head[1]] = (body[0][1] if body else 'never 0 0', 'S' in head[2])
            continue
        start, end = int(head[4], 16), int(head[5], 16)
        first, is_signal = common[head[3]]
        body = body or [(start, first)]
        ends = [at for at, _ in body[1:]] + [end]
        found += [(at, until - 1, 'never 0 0' if is_signal else said)
                  for (at, said), until in zip(body, ends) if until > at and end > start]
    return found


def main():
    if sys.argv[1] == 'rows':
        for first, last, said in rows(sys.argv[2]):
            print(f'{first:x} {said}')
            print(f'{last:x} {said}')
        return 0
    wrong = count = 0
    with open(sys.argv[2]) as theirs, open(sys.argv[3]) as ours:
        for a, b in zip(theirs.read().splitlines(), ours.read().splitlines(), strict=True):
            count += 1
            b = re.sub(r'(never|end) .*', r'\1 0 0', b)
            if a != b:
                wrong += 1
                print(f'readelf: {a}    ours: {b}')
    print(f'rows={count} differences={wrong}')
    return wrong != 0


sys.exit(main())
