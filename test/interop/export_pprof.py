#!/usr/bin/python3
"""The profile as `go tool pprof -top` reads it, against our own numbers, for each function and value.

Usage: export_pprof.py PPROF JSON      JSON: of the same dump
"""
import re
import sys

from export_numbers import Ours, VALUES, compare, nonzero, said


def top(profile, value):
    """Flat and cumulated numbers by function."""
    text = said('go', 'tool', 'pprof', '-top', '-nodefraction=0', '-nodecount=1000000', '-unit=B', '-sample_index=' + value, profile)
    rows = re.findall(r'^ *(-?\d+)B? +-?[\d.]+% +-?[\d.]+% +(-?\d+)B? +-?[\d.]+%  (.*)$', text, re.M)
    rows = [(int(flat), int(all_in), re.sub(r' \((partial-)?inline\)$', '', name)) for flat, all_in, name in rows]
    return nonzero({name: flat for flat, _, name in rows}), nonzero({name: all_in for _, all_in, name in rows})


def main(profile, json):
    ours, wrong, functions = Ours(json), 0, 0
    types = said('go', 'tool', 'pprof', '-raw', profile).split('Samples:\n')[1].split('\n')[0]
    for value in VALUES:
        if value + '/' not in types.replace('[dflt]', ''): # waste, of what was sampled
            assert not ours.by_path(value)
            continue
        flat, cumulated = top(profile, value)
        wrong += compare(f'{value}, flat', flat, ours.flat(value))
        wrong += compare(f'{value}, cumulated', cumulated, ours.cumulated(value))
        functions += len(cumulated)
    print(f'functions={functions} differences={wrong}')
    return wrong > 0


sys.exit(main(*sys.argv[1:]))
