#!/usr/bin/python3
"""Writes copies of an ELF file with damaged debug sections, the same at each run, and prints their names.

Usage: damage.py FILE COUNT     a third with bytes changed, a third with a run of one byte, a third cut
"""
import random
import struct
import sys


def sections(elf):
    """The (header offset, offset, size) of each .debug_ section."""
    table, = struct.unpack_from('<Q', elf, 0x28)
    size, count, names = struct.unpack_from('<HHH', elf, 0x3a)
    headers = [struct.unpack_from('<IIQQQQ', elf, table + i * size) for i in range(count)]
    for i, h in enumerate(headers):
        name = elf[headers[names][4] + h[0]:].split(b'\0')[0]
        if name.startswith(b'.debug_'):
            yield table + i * size, h[4], h[5]


whole = open(sys.argv[1], 'rb').read()
rng = random.Random(20)
for n in range(int(sys.argv[2])):
    elf = bytearray(whole)
    parts = list(sections(elf))
    header, offset, size = parts[n // 3 % len(parts)]
    at = rng.randrange(size)
    if n % 3 == 0:
        for _ in range(8):
            elf[offset + rng.randrange(size)] = rng.choice([0, 1, 0x7f, 0x80, 0xff, rng.randrange(256)])
    elif n % 3 == 1:
        elf[offset + at:offset + size] = bytes([rng.choice([0, 0xff, 1])]) * (size - at)
    else:
        struct.pack_into('<Q', elf, header + 0x20, at)
    with open(f'damaged.{n}', 'wb') as f:
        f.write(elf)
    print(f'damaged.{n}')
