#!/usr/bin/python3
"""Whether files are text that may be shown: valid UTF-8 without what a terminal obeys or hides.

Usage: seen.py [--json] [--coloured] FILE...   --json: the strings of a JSON file, too, once decoded;
--coloured: the colours and erased lines of a terminal are not looked at
"""
import json
import re
import sys
import unicodedata

# Signs with a shape of their own, which Unicode counts among the formatting characters.
SHAPED = set(range(0x600, 0x606)) | {0x6DD, 0x70F, 0x890, 0x891, 0x8E2, 0x110BD, 0x110CD}


def is_bad(c):
    return c != '\n' and unicodedata.category(c) in ('Cc', 'Cf', 'Zl', 'Zp', 'Cs') and ord(c) not in SHAPED


def strings(item):
    if isinstance(item, str):
        yield item
    elif isinstance(item, list):
        for i in item:
            yield from strings(i)
    elif isinstance(item, dict):
        for key, value in item.items():
            yield key
            yield from strings(value)


flags = [a for a in sys.argv[1:] if a.startswith('--')]
failed = False
for name in (a for a in sys.argv[1:] if not a.startswith('--')):
    with open(name, 'rb') as file:
        raw = file.read()
    try:
        text = raw.decode('utf-8')
    except UnicodeDecodeError as e:
        print(f'{name}: no UTF-8: {e}: {raw[max(0, e.start - 40):e.end + 20]}')
        failed = True
        continue
    if '--coloured' in flags:
        text = re.sub('\x1b\\[[0-9;]*[mK]', '', text).replace('\r\n', '\n').replace('\r', '')
    parts = [text] if '--json' in flags else re.findall('<script type="application/json"[^>]*>(.*?)</script>', text)
    texts = [text] + [s for part in parts for s in strings(json.loads(part))]
    for t in texts:
        for at, c in enumerate(t):
            if is_bad(c):
                print(f'{name}: {ord(c):#x} in {t[max(0, at - 40):at + 20]!r}')
                failed = True
                break
sys.exit(failed)
