#!/usr/bin/python3
"""What addr2line says of return addresses, as collapsed stacks called from main.

Usage: addr2line.py PROGRAM ADDRESSES OUT     the n-th address counts n times; OUT.lines has sums by innermost line
"""
import collections
import os
import subprocess
import sys

program, addresses, out = sys.argv[1:4]
returns = [int(line, 16) for line in open(addresses)]
said = subprocess.run(['addr2line', '-a', '-f', '-i', '-C', '-e', program], check=True, text=True, capture_output=True,
                      input='\n'.join(hex(a - 1) for a in returns)).stdout.splitlines()
lines = collections.Counter()
with open(out, 'w') as f:
    n, frames = 0, []
    for line in said + ['0x0']:
        if line.startswith('0x'):
            if n > 0:
                file, line = frames[1].split(' ')[0].rsplit(':', 1)
                lines[f'{os.path.basename(file)}:{line}' if line not in '0?' else '?'] += n
                print(f'main;{";".join(reversed(frames[::2]))} {n}', file=f)
            n, frames = n + 1, []
        else:
            frames.append(line)
with open(f'{out}.lines', 'w') as f:
    f.writelines(sorted(f'{line} {n}\n' for line, n in lines.items()))
