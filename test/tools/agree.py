#!/usr/bin/python3
"""Whether the figures of a dump agree, within it and from one view of it to another.

Usage: agree.py COMMAND DUMP [moving]     moving: threads allocate on while the dump is written: sums differ then
Prints each contradiction, and ends with 1 if there is any.
"""
import collections
import json
import re
import subprocess
import sys

command, dump = sys.argv[1:3]
moving = 'moving' in sys.argv[3:]
bad = []


def run(*words):
    done = subprocess.run([command, *words], capture_output=True, text=True)
    if done.returncode != 0:
        bad.append(f'{words}: status {done.returncode}: {done.stderr}')
    return done.stdout


def holds(what, condition):
    if not condition:
        bad.append(what)


def same(what, a, b):
    holds(f'{what}: {a} and {b}', moving or a == b)


d = json.loads(run('export', '--format', 'json', dump))
p, arenas, accounts, blocks, classes = (d[k] for k in ('process', 'arenas', 'accounts', 'blocks', 'classes'))
tagged, sampled = p['tags'] != 'off', p['sample_bytes'] > 0
exact = tagged and not sampled


def total(items, field):
    return sum(i[field] for i in items)


# ---- within the dump ----

holds(f'the process lives with {p["live_bytes"]} above its peak {p["peak_bytes"]}', p['live_bytes'] <= p['peak_bytes'])
for field in ('live_bytes', 'live_objects'):
    if exact or not tagged:
        same(f'{field} of process and arenas', p[field], total(arenas, field))
    if tagged:
        same(f'{field} of process and accounts', p[field], total(accounts, field))
if tagged:
    same('what accounts held at the peak and the peak', total(accounts, 'at_peak_bytes'), p['peak_bytes'])
for a in arenas:
    name = f'arena {a["number"]} {a["name"]}'
    holds(f'{name}: peak {a["peak_bytes"]} below live {a["live_bytes"]}', a['peak_bytes'] >= a['live_bytes'])
    holds(f'{name}: a bound that is reached: {a}', not a['peak_is_bound'] or a['peak_bytes'] > a['live_bytes'])
    same(f'{name}: allocs - frees and live objects', a['total_allocs'] - a['frees'], a['live_objects'])
    if exact and not a['peak_is_bound']:
        holds(f'{name}: peak {a["peak_bytes"]} above the process\'s {p["peak_bytes"]}', a['peak_bytes'] <= p['peak_bytes'])
    mine = [b for b in blocks if b['arena'] == a['number']]
    for b in mine:
        holds(f'{name}: block {b["number"]} is older ({b["age"]}) than its arena ({a["total_allocs"]})',
              b['age'] <= a['total_allocs'] and b['born'] + b['age'] <= a['total_allocs'] or moving)
        holds(f'{name}: block {b["number"]} uses more than it passed out', b['in_use'] <= b['passed'] <= b['bytes'])
    if not tagged:
        holds(f'{name}: {a["live_objects"]} live objects, blocks in use: 0',
              a['live_objects'] == 0 or total(mine, 'in_use') > 0 or moving)
    elif exact:
        own = [x for x in accounts if x['arena'] == a['number']]
        small = [x for x in own if x['large_allocs'] == 0]
        least = total(small, 'live_rounded')
        holds(f'{name}: objects of {least} bytes in blocks where {total(mine, "in_use")} are in use',
              least <= total(mine, 'in_use') or moving)
of_blocks, of_classes = total(blocks, 'in_use'), sum(c['in_use'] * c['cell_bytes'] for c in classes)
if not exact and any(a['running'] for a in arenas):  # without tags a running thread's lists are known by class alone
    holds(f'blocks use {of_blocks} bytes, classes {of_classes}', of_blocks >= of_classes or moving)
else:
    same('bytes in use of blocks and of classes', of_blocks, of_classes)
for x in accounts:
    holds(f'account {x["site"]} of {x["arena"]}: peak below what it held: {x}',
          sampled or moving or x['peak_bytes'] >= max(x['live_bytes'], x['at_peak_bytes']))
lines = [l for l in d['ledger'] if l['kind'] == 'line']
mapped = [l for l in d['ledger'] if l['kind'] == 'total'][0]['bytes']
same('the ledger\'s lines and what is mapped', total(lines, 'bytes'), mapped)


# ---- from view to view ----

def number(cell):
    return int(re.sub('[^0-9]', '', cell.split('..')[-1]) or 0)


def rows(text, title):
    """The rows of the first table with that column, as lists of cells, and its titles."""
    out, titles = [], None
    for line in text.splitlines():
        cells = line.split()
        if titles is None:
            titles = cells if title in cells else None
        elif not line.strip():
            break
        else:
            out.append(cells)
    return titles or [], out


def header(text):
    m = re.search(r'live +~?(\d+) bytes in ~?(\d+) objects.*; peak (<=|~)?(\d+) bytes', text)
    return m.groups() if m else None


if tagged:
    views = {v: run(*v.split()[:1], dump, *v.split()[1:], '-n', '0') for v in
             ('report', 'report --sort peak', 'report --by function', 'report --by module', 'tree --min 0', 'leaks', 'waste', 'arenas')}
    heads = {header(t) for t in views.values()}
    holds(f'the heads differ: {heads}', len(heads) == 1)
    for v in ('report', 'report --by function', 'report --by module', 'report --sort peak'):
        titles, table = rows(views[v], 'share')
        *items, last = table
        holds(f'{v}: no total', last[-1] == 'total')
        for column in ('live', 'allocs') + (('at',) if 'peak' in v.split()[-1] else ()):
            i = titles.index(column)
            same(f'{v}: the rows\' {column} and the total', sum(number(r[i]) for r in items), number(last[i]))
        i = titles.index('peak')
        for r in items:
            holds(f'{v}: a row\'s peak above the process\'s: {r}', sampled or number(r[i]) <= p['peak_bytes'])
            holds(f'{v}: a bound of what lives: {r}', not r[i].startswith('<=') or number(r[i]) > number(r[0]))
        holds(f'{v}: the total\'s peak {last[i]} is not {p["peak_bytes"]}', number(last[i]) == p['peak_bytes'])
    top = rows(views['tree --min 0'], 'total')[1][0]
    same('the tree\'s top and what lives', number(top[0]), p['live_bytes'])
    peak = rows(run('tree', dump, '--value', 'peak'), 'total')[1][0]
    same('the tree\'s top and the peak', number(peak[0]), p['peak_bytes'])
    collapsed = run('export', '--format', 'collapsed', dump)
    same('collapsed and what lives', sum(int(l.rsplit(' ', 1)[1]) for l in collapsed.splitlines()), p['live_bytes'])
    leaks = [l.split() for l in views['leaks'].splitlines() if l.endswith('total')]
    if p['live_bytes'] > 0:
        same('leaks and what lives', number(leaks[0][0]), p['live_bytes'])
    diff = run('diff', dump, dump)
    holds('a dump differs from itself', 'grew, by live bytes: 0' in diff and 'but other figures' not in diff)
    page = f'{dump}.agree.html'
    run('html', dump, '-o', page)
    with open(page, encoding='utf-8') as f:
        text = f.read()
    data = {m[0]: json.loads(m[1]) for m in re.findall('<script type="application/json" id="data-([a-z]+)">(.*?)</script>', text)}
    sites = data['sites']
    same('the page\'s call sites and what lives', sum(sites['live_bytes']), p['live_bytes'])
    same('the page\'s call sites and the peak', sum(sites['at_peak_bytes']), p['peak_bytes'])
    text = views['arenas']
    for m in re.finditer(r'blocks of arena (\d+) .*\n  in use: (\d+) of', text):
        mine = [b for b in blocks if b['arena'] == int(m[1])]
        same(f'blocks of arena {m[1]}', int(m[2]), total(mine, 'in_use'))

    # The tree's calls and the page's: the same nodes, a frame's name and place below the same caller.  Callers
    # of the user's own line are one frame a function, whatever lines of it the calls stand in.
    strings, frames, paths, calls = data['strings'], data['frames'], data['paths'], data['calls']

    def call(i, lines):
        name = strings[frames['function'][i]]
        if frames['cut'][i]:  # the root of cut paths, which the tree does not have
            return None
        if frames['label'][i]:
            return f'[{strings[frames["label"][i]]}]'
        module = data['modules']['path'][frames['module'][i] - 1] if frames['module'][i] else None
        if not name:
            where = f'0x{frames["offset"][i]:x}'
            name = where if module is None else f'{strings[module].rsplit("/", 1)[-1]}+{where}'
        if frames['line'][i] and not lines:
            return name
        if frames['line'][i]:
            return f'{name} ({strings[frames["file"][i]].rsplit("/", 1)[-1]}:{frames["line"][i]})'
        return f'{name}+0x{frames["inside"][i]:x}' if frames['inside'][i] else name

    nodes = collections.Counter()
    for i, path in enumerate(calls['path']):
        stack, lines = [], not calls['own'][i]
        while path:
            lines = lines or path == calls['own'][i]
            stack.append(call(paths['frame'][path - 1] - 1, lines))
            path = paths['parent'][path - 1]
        stack = [name for name in stack if name is not None]
        words = strings[sites['words'][calls['site'][i]]]
        if words or not stack:
            stack.append(words or '(no path)')
        for depth in range(1, len(stack) + 1):
            nodes[tuple(stack[:depth])] += calls['allocs'][i]
    table = rows(run('tree', dump, '--value', 'allocs', '--min', '0', '-n', '0'), 'total')[1][1:]
    same('nodes of the tree and of the page\'s', len(table), len([n for n in nodes.values() if n > 0]))
    same('their values', sorted(number(r[0]) for r in table), sorted(n for n in nodes.values() if n > 0))
else:
    views = {v: run(*v.split()[:1], dump, *v.split()[1:]) for v in ('report', 'report --by class', 'arenas')}
    heads = {header(t) for t in views.values()}
    holds(f'the heads differ: {heads}', len(heads) == 1)

for line in bad:
    print(line)
sys.exit(bool(bad))
