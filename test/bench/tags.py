#!/usr/bin/python3
"""What knowing who allocates costs: our tags against heaptrack, jemalloc's and gperftools' profilers.

Runs real programs under each in interleaved rounds (rounds.py) and compares CPU time and largest
resident size. A mode counts only if it took effect: before the rounds a control run of each program
must show its traces (options that the shim says it has, a profile that is written).

A heaptrack user also pays for its interpreter, another process: it is not counted here.
"""
import argparse
import glob
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections import namedtuple

import rounds
from programs import PROGRAMS as ALL_PROGRAMS

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.dirname(os.path.dirname(HERE))
LIBRARIES = '/usr/lib/x86_64-linux-gnu'
SLOW = 3  # slow modes run in every third round
PROGRAMS = {name: ALL_PROGRAMS[name]
            for name in ('json', 'pickle', 'ast', 'perl', 'sqlite3', 'cc1plus', 'clang', 'z3')}

# ---- modes: base, the same allocator without a profiler; effect, what a control run must show ----

Mode = namedtuple('Mode', 'base library environment effect slow')
SHIM = os.path.abspath(os.environ.get('SHIM', os.path.join(TOP, 'build/libarenashim.so')))
REFUSED = ('no such option', ': legal is ', 'Invalid conf', 'cannot be preloaded')


def says(*lines):
    """One of these options stands among those that ARENASHIM_VERBOSE prints."""
    def effect(run, _):
        said = run.stderr.splitlines()
        return [f'the shim does not say {" or ".join(lines)}'] if not set(lines) & set(said) else []
    return effect


def report_has_tags(run, directory):
    wrong = []
    for path in glob.glob(directory + '/report*'):
        with open(path, errors='replace') as report:
            head = report.readline() + report.readline()
        if 'tags off' in head:
            wrong.append('its report says "tags off"')
    return wrong or ([] if glob.glob(directory + '/report*') else ['no report'])


def writes(pattern):
    def effect(_, directory):
        full = [f for f in glob.glob(f'{directory}/{pattern}') if os.path.getsize(f) > 100]
        return [] if full else [f'no profile {pattern} was written']
    return effect


def nothing(*_):
    return []


def both(*effects):
    return lambda run, directory: [why for e in effects for why in e(run, directory)]


def shim_mode(options, *said):
    effect = both(*[says(*[f'arenashim: ARENASHIM_{s}' for s in group]) for group in said], report_has_tags)
    return Mode('shim', SHIM, {'ARENASHIM_' + k: v for k, v in options.items()}, effect, False)


def jemalloc_mode(sample, slow):
    conf = f'prof:true,prof_active:true,prof_final:true,lg_prof_sample:{sample},prof_prefix:@/je'
    return Mode('jemalloc', LIBRARIES + '/libjemalloc.so.2', {'MALLOC_CONF': conf}, writes('je.*.heap'), slow)


MODES = {
    'shim': Mode(None, SHIM, {}, nothing, False),
    'shim-site': shim_mode({'TAG': 'site'}, ['TAG=site']),
    'shim-stack8': shim_mode({'TAG': 'stack:8'}, ['TAG=stack:8']),
    'shim-stack64': shim_mode({'TAG': 'stack:64'}, ['TAG=stack:64']),
    'shim-sample': shim_mode({'TAG': 'stack:8', 'SAMPLE': '524288'}, ['TAG=stack:8'],
                             ['SAMPLE=524288', 'SAMPLE=512K']),
    'libc': Mode(None, None, {}, nothing, False),
    'heaptrack': Mode('libc', '/usr/lib/heaptrack/libheaptrack_preload.so',
                      {'DUMP_HEAPTRACK_OUTPUT': '@/heaptrack'}, writes('heaptrack*'), True),
    'jemalloc': Mode(None, LIBRARIES + '/libjemalloc.so.2', {}, nothing, False),
    'jemalloc-prof': jemalloc_mode(19, False),
    'jemalloc-prof-all': jemalloc_mode(0, True),
    'tcmalloc': Mode(None, LIBRARIES + '/libtcmalloc.so.4', {}, nothing, False),
    'gperftools': Mode('tcmalloc', LIBRARIES + '/libtcmalloc.so.4', {'HEAPPROFILE': '@/gp'},
                       writes('gp.*.heap'), True),
}

# ---- runs ----


def environment_of(mode, directory):
    fixed = {'PATH': '/usr/bin:/bin', 'LC_ALL': 'C', 'PYTHONMALLOC': 'malloc', 'PYTHONHASHSEED': '0',
             'PERL_HASH_SEED': '0', 'PYTHONDONTWRITEBYTECODE': '1', 'HOME': directory}
    fixed.update({k: v.replace('@', directory) for k, v in mode.environment.items()})
    if mode.library:
        fixed['LD_PRELOAD'] = mode.library
    return fixed


def measure(program, mode, control=False):
    if mode.library and not os.path.exists(mode.library):
        raise rounds.Failed(f'{mode.library} is missing')
    with tempfile.TemporaryDirectory(prefix='bench-tags.') as directory:
        environment = environment_of(mode, directory)
        if control and mode.library == SHIM:
            environment.update(ARENASHIM_VERBOSE='1', ARENASHIM_STATS=directory + '/report.%p')
        run = rounds.run(program.command, environment, program.stdin, directory)
        wrong = [line for line in run.stderr.splitlines() if any(r in line for r in REFUSED)]
        if not wrong and control:
            wrong = mode.effect(run, directory)
        if wrong:
            raise rounds.Failed('did not take effect: ' + wrong[0][:100])
    return run


def compare(name, modes, count, told):
    """Rounds of one program: {mode: {round: Run}}."""
    program = PROGRAMS[name]()
    if not shutil.which(program.command[0]):
        raise rounds.Failed(f'{program.command[0]} is missing')
    active = {}
    for mode in modes:
        try:
            measure(program, MODES[mode], control=True)
            active[mode] = SLOW if MODES[mode].slow and count >= 2 * SLOW else 1
        except rounds.Failed as why:
            told(mode, str(why))
    return rounds.interleave(active, count, lambda mode: measure(program, MODES[mode]),
                             lambda text: told(*text.split(': ', 1)))


def summary(results, mode):
    runs = results[mode]
    cpu, cpu_spread = rounds.spread([r.cpu for r in runs.values()])
    rss, rss_spread = rounds.spread([r.rss for r in runs.values()])
    row = {'runs': len(runs), 'cpu': cpu, 'cpu_spread': cpu_spread, 'rss': rss, 'rss_spread': rss_spread}
    for against, base in (('shim', 'shim'), ('own', MODES[mode].base)):
        if base in results and base != mode:
            for what in ('cpu', 'rss'):
                row[f'{what}_to_{against}'] = rounds.paired_ratio(
                    runs, results[base], lambda run, what=what: getattr(run, what))
    return row


def print_table(program, rows, floor):
    def percent(x):
        return '' if x is None else f' ±{x:.0f}%'
    cells = [[mode, str(r['runs']), f"{r['cpu']:.2f}{percent(r['cpu_spread'])}",
              rounds.ratio_text(r.get('cpu_to_shim')), rounds.ratio_text(r.get('cpu_to_own')),
              f"{r['rss'] / 1e6:.1f}{percent(r['rss_spread'])}{' (floor)' if r['rss'] <= floor else ''}",
              rounds.ratio_text(r.get('rss_to_own'))] for mode, r in rows.items()]
    print(f'\n### {program}\n')
    print(rounds.markdown_table(['mode', 'runs', 'CPU s', 'CPU / shim untagged', 'CPU / own allocator',
                                 'max RSS MB', 'RSS / own allocator'], cells), flush=True)


# ---- the command line ----


def names_in(text, known, what):
    names = text.split(',')
    for name in names:
        if name not in known:
            sys.exit(f"tags.py: no {what} named '{name}'; there are: {', '.join(known)}")
    return names


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.error = lambda message: sys.exit(f'tags.py: {message} (--help)')
    parser.add_argument('--rounds', type=int, help='default 15')
    parser.add_argument('--quick', action='store_true', help='3 rounds: a test of the bench, no figures')
    parser.add_argument('--only', metavar='PROGRAM,...', default=','.join(PROGRAMS))
    parser.add_argument('--modes', metavar='MODE,...', 
                        default=','.join(m for m in MODES if m != 'jemalloc-prof-all'),
                        help='default: all but jemalloc-prof-all, which takes minutes a run')
    parser.add_argument('--json', default=os.path.join(TOP, 'build/bench-tags.json'), help='result file')
    chosen = parser.parse_args()
    chosen.rounds = chosen.rounds if chosen.rounds is not None else 3 if chosen.quick else 15
    if chosen.rounds < 1:
        sys.exit('tags.py: --rounds is at least 1')
    chosen.programs = names_in(chosen.only, PROGRAMS, 'program')
    chosen.modes = names_in(chosen.modes, MODES, 'mode')
    return chosen


def main():
    chosen = arguments()
    if not os.path.exists(SHIM) and any(MODES[m].library == SHIM for m in chosen.modes):
        sys.exit(f'tags.py: no {SHIM}; make builds it')
    floor = rounds.smallest_rss()
    print(f'{chosen.rounds} rounds; slow modes in every {SLOW}rd from 6 rounds on. ± half the quartiles\' '
          f'distance; in brackets 95 % by bootstrap. Below {floor / 1e6:.0f} MB no size can be seen.')
    result = {'rounds': chosen.rounds, 'rss_floor': floor, 'programs': {}, 'not_measured': {}}
    for name in chosen.programs:
        refused = {}
        try:
            results = compare(name, chosen.modes, chosen.rounds, refused.__setitem__)
        except rounds.Failed as why:
            results, refused = {}, {'all modes': str(why)}
        rows = {mode: summary(results, mode) for mode in chosen.modes if mode in results}
        if rows:
            print_table(name, rows, floor)
        for mode, why in refused.items():
            print(f'\n{name}, {mode}: not measured: {why}', flush=True)
        result['programs'][name], result['not_measured'][name] = rows, refused
        result['raw'] = result.get('raw', {})
        result['raw'][name] = {m: {i: [r.cpu, r.rss, r.wall] for i, r in runs.items()}
                               for m, runs in results.items()}
    with open(chosen.json, 'w') as out:
        json.dump(result, out, indent=1)
    print(f'\nAll runs: {os.path.relpath(chosen.json)}')
    return 0 if any(result['programs'].values()) else 1


if __name__ == '__main__':
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit('tags.py: interrupted')
