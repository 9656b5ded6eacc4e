#!/usr/bin/python3
"""A profile as another reader understood it, against our own numbers by call path, value and label.

Usage: export_readers.py pprof-format READ JSON            READ: what export_pprof_format.js printed
       export_readers.py speedscope READ JSON FILE VALUE   READ: what export_saved.js printed, of files, this among them
"""
import json
import sys
from collections import Counter

from export_numbers import Ours, VALUES, compare, nonzero


def owner(dump, account):
    """The arena of an account, as labels have it."""
    arena = account['arena']
    return '(lost)' if arena is None else f'{dump["arenas"][arena]["number"]} {dump["arenas"][arena]["name"]}'


def pprof_format(profile, ours):
    wrong, seen = 0, 0
    names = [t['type'] for t in profile['types']]
    waste = any('waste' in a for a in ours.dump['accounts'])
    wrong += compare('types', Counter(names), Counter(v for v in VALUES if v != 'waste' or waste))
    wrong += compare('units', {t['type']: t['unit'] for t in profile['types']},
                     {n: 'count' if n.endswith('objects') else 'bytes' for n in names})
    for i, value in enumerate(names):
        theirs, by_owner = Counter(), Counter()
        for s in profile['samples']:
            theirs[tuple(s['path'])] += s['values'][i]
            by_owner[s['labels']['arena']] += s['values'][i]
        wrong += compare(value, nonzero(theirs), ours.by_path(value))
        accounts = Counter()
        for a in ours.accounts(value):
            accounts[owner(ours.dump, a)] += a[VALUES[value]]
        wrong += compare(f'{value} by arena', nonzero(by_owner), nonzero(accounts))
        seen += len(nonzero(theirs))
    return wrong, seen


def weights(profile, names):
    """Innermost first -> weight, of a profile of events."""
    stack, at, sums = [], profile['startValue'], Counter()
    for event in profile['events']:
        sums[tuple(reversed(stack))] += event['at'] - at
        at = event['at']
        if event['type'] == 'O':
            stack.append(names[event['frame']])
        else:
            assert stack.pop() == names[event['frame']]
    return nonzero(sums)


def outer(ours, value):
    """Paths without what was inlined: of a location's functions speedscope takes the outermost alone."""
    frames, sums = ours.dump['frames'], Counter()
    for account in ours.accounts(value):
        path = [frames[i] for i in ours.dump['sites'][account['site']]['path']]
        sums[tuple(f['name'] for f in path if not f['inlined'])] += account[VALUES[value]]
    return nonzero(sums)


def speedscope(all_saved, ours, file, value):
    """Of a profile's values speedscope shows the one that is to come first."""
    saved = all_saved[file]
    profile = saved['profiles'][0]
    theirs = weights(profile, [f['name'] for f in saved['shared']['frames']])
    wrong = compare(value, theirs, outer(ours, value))
    wrong += compare('unit', {'unit': profile['unit']}, {'unit': 'none' if value.endswith('objects') else 'bytes'})
    return wrong, len(theirs)


def main(reader, read, ours, *which):
    with open(read, encoding='utf-8') as text:
        wrong, seen = {'pprof-format': pprof_format, 'speedscope': speedscope}[reader](json.load(text), Ours(ours), *which)
    print(f'paths={seen} differences={wrong}')
    return wrong > 0


sys.exit(main(*sys.argv[1:]))
