#!/usr/bin/python3
"""Reads the text of metrics, as strictly as OpenMetrics 1.0 or Prometheus' text format 0.0.4 are written down.

  metrics.py check openmetrics|prometheus FILE      the grammar alone
  metrics.py value FILE NAME [LABEL=VALUE...]       the sum of the samples that match
  metrics.py agree FILE DUMP.json...                each value computed again from `arenashim export --format json`
  metrics.py lines FILE PREFIX...                   the text without the families whose names start so
"""
import json
import re
import sys

NAME = re.compile(r'[a-zA-Z_:][a-zA-Z0-9_:]*\Z')
LABEL = re.compile(r'([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\["\\n])*)"(,|\}|\Z)')
NUMBER = re.compile(r'-?[0-9]+(\.[0-9]+)?\Z')
TYPES = {'openmetrics': {'gauge': '', 'counter': '_total', 'info': '_info'}, 'prometheus': {'gauge': '', 'counter': ''}}
UNITS = {'bytes', 'seconds'}
OWNED = ('host', 'program', 'pid')  # labels that all samples have


def fail(number, line, why):
    sys.exit(f'line {number}: {why}: {line!r}')


def labels_of(text, number, line):
    labels = {}
    while text != '}':
        found = LABEL.match(text)
        if not found or found[1] in labels:
            fail(number, line, 'labels')
        labels[found[1]] = re.sub(r'\\(.)', lambda c: {'n': '\n'}.get(c[1], c[1]), found[2])
        text = text[found.end():] if found[3] == ',' else '}'
        if found[3] == '':
            fail(number, line, 'labels without an end')
    return labels


def read(path, form):
    """[(family, sample's name, labels, value)], after all that the format demands."""
    with open(path, 'rb') as file:
        text = file.read().decode('utf-8')
    if form == 'openmetrics' and not text.endswith('\n# EOF\n'):
        sys.exit('no "# EOF" at the end')
    lines = text.removesuffix('# EOF\n').split('\n')
    if lines.pop() != '':
        sys.exit('the last line has no end')
    samples, families, family, seen = [], {}, None, set()
    for number, line in enumerate(lines, 1):
        if line.startswith('#'):
            words = line.split(' ', 3)
            if len(words) != 4 or words[0] != '#' or words[1] not in ('TYPE', 'UNIT', 'HELP') or not NAME.match(words[2]):
                fail(number, line, 'no line of a head')
            if words[2] != family:
                family = words[2]
                if family in families:
                    fail(number, line, 'a family in two places')
                families[family] = {'samples': 0}
            head = families[family]
            if words[1] in head or head['samples']:
                fail(number, line, 'twice, or after a sample')
            head[words[1]] = words[3]
            if words[1] == 'TYPE' and words[3] not in TYPES[form]:
                fail(number, line, 'no type of this format')
            if words[1] == 'UNIT' and (form != 'openmetrics' or words[3] not in UNITS or not family.endswith('_' + words[3])):
                fail(number, line, 'no base unit, or not that of the name')
            continue
        found = re.match(r'([^{ ]+)\{([^}]*(?:\{[^}]*\}[^}]*)*.*\}) (\S+)\Z', line)
        if not found or not NAME.match(found[1]) or not NUMBER.match(found[3]):
            fail(number, line, 'no sample')
        head = families[family]
        if 'TYPE' not in head or 'HELP' not in head:
            fail(number, line, 'no type or no words')
        if found[1] != family + TYPES[form][head['TYPE']]:
            fail(number, line, 'not of this family')
        if form == 'prometheus' and head['TYPE'] == 'counter' and not family.endswith('_total'):
            fail(number, line, 'a counter without _total')
        for unit in UNITS:
            if form == 'openmetrics' and family.endswith('_' + unit) and head.get('UNIT') != unit:
                fail(number, line, 'its unit is not said')
        labels = labels_of(found[2], number, line)
        key = (found[1], tuple(sorted(labels.items())))
        if key in seen or not all(labels.get(name) for name in OWNED):
            fail(number, line, 'a second sample of that name, or nobody\'s')
        seen.add(key)
        head['samples'] += 1
        if head['TYPE'] == 'counter' and found[3].startswith('-') or head['TYPE'] == 'info' and found[3] != '1':
            fail(number, line, 'no value of that type')
        samples.append((family, found[1], labels, float(found[3])))
    for name, head in families.items():
        if not head['samples']:
            sys.exit(f'{name}: a head alone')
        if any(other != name and other == name + suffix for other in families for suffix in ('_total', '_info', '_created')):
            sys.exit(f'{name}: its samples would be those of another')
    return samples


def form_of(path):
    with open(path, encoding='utf-8') as file:
        return 'openmetrics' if file.read().endswith('# EOF\n') else 'prometheus'


def value(path, name, wanted):
    found = [s[3] for s in read(path, form_of(path)) if s[1] == name and all(s[2].get(k) == v for k, v in wanted.items())]
    return sum(found) if found else None


def waste(d, c):
    tagged = d['process']['tags'] != 'off' and not d['process']['sample_bytes'] and not d['process']['of_record']
    used = c['in_use'] * c['cell_bytes']
    return (max(used - c['live_bytes'], 0) if tagged else 0) + c['free'] * c['cell_bytes'] + c['tail_bytes']


def expected(d):
    """What the samples of a process add up to, from its dump, but for single call sites."""
    p = d['process']
    ledger = {kind: sum(x['bytes'] for x in d['ledger'] if x['kind'] == kind) for kind in ('line', 'total', 'resident')}
    live = p['live_bytes'] if p['tags'] != 'off' or not d['moments'] else d['moments'][-1]['live_bytes']
    want = {('arenashim_build_info',): 1, ('arenashim_process_info',): 1,
            ('arenashim_process_start_time_seconds',): p['start_ns'] // 1000000 / 1000,
            ('arenashim_read_timestamp_seconds',): p['unix_time'],
            ('arenashim_process_running',): p['is_snapshot'], ('arenashim_live_bytes',): live,
            ('arenashim_mapped_bytes',): ledger['total'], ('arenashim_resident_bytes',): ledger['resident'],
            ('arenashim_ledger_bytes',): ledger['line'],
            ('arenashim_small_allocations_total',): sum(c['allocs'] for c in d['classes']),
            ('arenashim_small_frees_total',): sum(c['frees'] for c in d['classes']),
            ('arenashim_large_allocations_total',): sum(a['total_big_blocks'] for a in d['arenas']),
            ('arenashim_arenas',): len(d['arenas']),
            ('arenashim_arena_live_bytes',): sum(a['live_bytes'] for a in d['arenas']),
            ('arenashim_arena_live_objects',): sum(a['live_objects'] for a in d['arenas'])}
    for x in d['ledger']:
        if x['kind'] == 'line':
            want['arenashim_ledger_bytes', ('owner', x['name'])] = x['bytes']
    for c in d['classes']:
        key = ('class', str(c['cell_bytes']))
        want['arenashim_class_cells', key, ('state', 'used')] = c['in_use']
        want['arenashim_class_cells', key, ('state', 'free')] = c['free']
        want['arenashim_class_allocations_total', key] = c['allocs']
        want['arenashim_class_frees_total', key] = c['frees']
        want['arenashim_class_waste_bytes', key] = waste(d, c)
    return want


def agree(path, dumps):
    samples = read(path, form_of(path))
    for d in dumps:
        p = d['process']
        mine = [s for s in samples if [s[2][k] for k in OWNED] == [p['host'], p['program'], str(p['pid'])]]
        for key, number in expected(d).items():
            found = [s[3] for s in mine if s[1] == key[0] and all(s[2].get(k) == v for k, v in key[1:])]
            if not found or sum(found) != number:
                sys.exit(f'{key}: {found} instead of {number}')
        sites = [s for s in mine if s[1] == 'arenashim_site_live_bytes']
        if sites and sum(s[3] for s in sites) != sum(a['live_bytes'] for a in d['accounts']):
            sys.exit('live bytes of call sites do not add up')
        for name, of in (('arenashim_site_live_objects', 'live_objects'), ('arenashim_site_waste_bytes', 'waste')):
            found = [s[3] for s in mine if s[1] == name]
            if found and sum(found) != sum(a[of] for a in d['accounts']):
                sys.exit(f'{name}: they do not add up')
    if len({tuple(s[2][k] for k in OWNED) for s in samples}) != len(dumps):
        sys.exit('samples of other processes')


def main():
    command, *rest = sys.argv[1:]
    if command == 'check':
        print(len(read(rest[1], rest[0])))
    elif command == 'value':
        found = value(rest[0], rest[1], dict(word.split('=', 1) for word in rest[2:]))
        print('none' if found is None else f'{found:.14g}')
    elif command == 'agree':
        agree(rest[0], [json.load(open(name, encoding='utf-8')) for name in rest[1:]])
    elif command == 'lines':
        for line in open(rest[0], encoding='utf-8'):
            name = line.split(' ')[2] if line.startswith('# ') and line != '# EOF\n' else line
            if not name.startswith(tuple(rest[1:])):
                sys.stdout.write(line)


main()
