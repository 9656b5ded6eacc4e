#!/usr/bin/python3
"""Our library beside glibc and Debian's jemalloc, mimalloc and tcmalloc: speed and resident memory.

Groups: micro (micro.c, micro_cxx.cc: ns an operation), memory (memory.c: what stays resident),
instructions (pairs.c under callgrind), real (programs.py: CPU seconds), tags (tags.py; not in the quick
form) and executed (programs.py under callgrind; only when asked for, it takes an hour). All allocators run
in interleaved rounds (rounds.py); a run counts only if its preload took effect (allocators.py).

Writes bench.json, bench.md and bench.svg; targets.py says which of our targets hold.
"""
import argparse
import functools
import json
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import time
from collections import namedtuple
from concurrent.futures import ThreadPoolExecutor

import allocators
import programs
import rounds
import tables
from allocators import CPYTHON, OURS, PEERS

BUILD = os.path.join(programs.TOP, 'build')
BIN = os.path.join(BUILD, 'test/bench')
FULL = {'micro': 7, 'memory': 3, 'instructions': 1, 'real': 9, 'executed': 1, 'tags': 7, 'scale': 1.0}
QUICK = {'micro': 3, 'memory': 1, 'instructions': 1, 'real': 3, 'executed': 1, 'tags': 3, 'scale': 0.12}
QUICK_GROUPS = ('micro', 'memory', 'instructions', 'real')
FULL_GROUPS = (*QUICK_GROUPS, 'tags')
NOT_QUICK = ('live-10000000', 'fragment-random', 'phases', 'threads-asleep', 'ast', 'churn', 'cc1plus', 'clang',
             'z3', 'redis-server', 'git gc')
NOT_COUNTED = ('redis-server', 'git gc')  # several processes
NOISELESS = ('memory', 'instructions', 'executed')  # other processes change nothing there

# A case is measured in rounds: measure(allocator) gives a Sample or raises Failed.
Case = namedtuple('Case', 'group name unit allocators measure')
# value is what is compared; the rest is for the tables.
Sample = namedtuple('Sample', 'value peak more')


def parse_said(text):
    """What our own programs print: words NAME=VALUE."""
    return dict(word.split('=', 1) for word in text.split())


def run_ours(allocator, *command):
    run = rounds.run([os.path.join(BIN, command[0]), *command[1:]], allocators.environment(allocator))
    allocators.refuse_silent_loss(run)
    said = parse_said(run.stdout)
    allocators.check_said(allocator, said.pop('malloc', 'nowhere'))
    return said


def listed(name):
    path = os.path.join(BIN, name)
    if not os.path.exists(path):
        raise rounds.Failed(f'{os.path.relpath(path)} is missing; make bench builds it')
    return subprocess.run([path, '--list'], capture_output=True, text=True, check=True).stdout.splitlines()

# ---- the groups' cases ----


def micro_cases(scale):
    def measure(binary, name, threads):
        def once(allocator):
            said = run_ours(allocator, binary, name, threads, str(scale))
            return Sample(float(said['ns']), int(said['peak']), {'wall': float(said['wall'])})
        return once
    for binary in ('micro', 'micro_cxx'):
        for line in listed(binary):
            name, numbers, operation = line.split('\t')
            for threads in numbers.split():
                label = name if numbers == '1' else f'{name}/{threads}'
                yield Case('micro', label, f'ns a {operation}', (OURS, *PEERS), measure(binary, name, threads))


def memory_cases(_):
    def measure(name):
        def once(allocator):
            said = run_ours(allocator, 'memory', name)
            start = int(said.pop('start'))
            steps = {step: [int(x) for x in both.split('/')] for step, both in said.items()}
            last = [resident for resident, _ in steps.values()][-1:] or [start]
            return Sample(last[0], None, {'start': start, 'steps': steps})
        return once
    for name in listed('memory'):
        yield Case('memory', name, 'bytes resident', (OURS, *PEERS), measure(name))


def instruction_cases(_):
    def measure(loop):
        def once(allocator):
            command = [os.path.join(programs.HERE, 'instructions.sh'), allocators.LIBRARY_OF[allocator], loop]
            run = rounds.run(command, {**programs.CLEAN, 'PAIRS': os.path.join(BIN, 'pairs')})
            return Sample(float(run.stdout), None, {})
        return once
    for loop in ('deep', 'random'):
        yield Case('instructions', 'executed ' + loop, 'instructions a pair', (OURS, *PEERS), measure(loop))


def real_cases(_):
    def measure(find, controlled):
        find = functools.lru_cache(find)

        def once(allocator):
            program = find()
            if allocator not in controlled:
                allocators.check_bound(allocator, program)
                controlled.add(allocator)
            return run_program(allocator, program)
        return once
    for name, find in programs.PROGRAMS.items():
        against = (OURS, *PEERS, CPYTHON) if name in programs.PYTHON else (OURS, *PEERS)
        yield Case('real', name, 'CPU s', against, measure(find, set()))


def run_program(allocator, program):
    with tempfile.TemporaryDirectory(prefix='bench.') as directory:
        if program.prepare:
            program.prepare(directory)
        beside = program.beside and (lambda: program.beside(directory))
        run = rounds.run(program.command, allocators.environment(allocator, directory), program.stdin, directory,
                         beside=beside, once=os.path.join(BIN, 'once'))
    allocators.refuse_silent_loss(run)
    return Sample(run.cpu, run.rss, {'wall': run.wall})


def executed_cases(_):
    def measure(find):
        find = functools.lru_cache(find)

        def once(allocator):
            counter = ['/usr/bin/valgrind', '--tool=callgrind', '--callgrind-out-file=/dev/null']
            program = find()
            allocators.check_bound(allocator, program)
            run = rounds.run(counter + program.command, allocators.environment(allocator), program.stdin, limit=3600)
            collected = [line.split()[-1] for line in run.stderr.splitlines() if 'Collected' in line]
            if not collected:
                raise rounds.Failed('callgrind counted nothing')
            return Sample(int(collected[-1]) / 1e9, None, {})
        return once
    for name, find in programs.PROGRAMS.items():
        if name not in NOT_COUNTED:
            against = (OURS, *PEERS, CPYTHON) if name in programs.PYTHON else (OURS, *PEERS)
            yield Case('executed', 'executed ' + name, '10^9 instructions', against, measure(find))


def no_cases(_):
    """tags.py has its own modes and tables."""
    return ()


CASES = {'micro': micro_cases, 'memory': memory_cases, 'instructions': instruction_cases, 'real': real_cases,
         'executed': executed_cases, 'tags': no_cases}


def measure_tags(count, prefix):
    command = [os.path.join(programs.HERE, 'tags.py'), '--rounds', str(count), '--json', prefix + '-tags.json']
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True)
    print(done.stdout)
    return done.stdout

# ---- measuring ----


def measure_case(case, count, chosen, told):
    """{allocator: {round: Sample}}"""
    names = [name for name in case.allocators if name in chosen]
    if case.group in NOISELESS:
        with ThreadPoolExecutor(max_workers=os.cpu_count()) as pool:
            return gather({name: [pool.submit(case.measure, name) for _ in range(count)] for name in names}, told)
    return rounds.interleave(dict.fromkeys(names, 1), count, case.measure, told)


def gather(futures, told):
    results = {}
    for name, runs in futures.items():
        try:
            results[name] = {i: run.result() for i, run in enumerate(runs)}
        except rounds.Failed as why:
            told(f'{name}: {why}')
    return results


def summary(case, results):
    """What bench.json holds of a case."""
    row = {'group': case.group, 'name': case.name, 'unit': case.unit, 'allocators': {}}
    for name, runs in results.items():
        middle, spread = rounds.spread([s.value for s in runs.values()])
        peaks = [s.peak for s in runs.values() if s.peak]
        row['allocators'][name] = {
            'median': middle, 'spread': spread, 'peak': rounds.spread(peaks)[0] if peaks else None,
            'samples': {i: s.value for i, s in runs.items()}, **next(iter(runs.values())).more}
    row.update(compared(results))
    return row


def compared(results):
    """Ratios of our runs to each other's, and which peer is the best one."""
    if OURS not in results:
        return {'best': None, 'ratios': {}}
    medians = {name: rounds.spread([s.value for s in runs.values()])[0] for name, runs in results.items()}
    best = min((name for name in PEERS if name in medians), key=medians.get, default=None)
    return {'best': best, 'ratios': {name: rounds.paired_ratio(results[OURS], runs, lambda s: s.value)
                                     for name, runs in results.items() if name != OURS}}

# ---- the command line ----


def chosen_names(text, known, what):
    names = text.split(',')
    for name in names:
        if name not in known:
            raise rounds.Failed(f"no {what} named '{name}'; there are: {', '.join(known)}")
    return names


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.error = lambda message: sys.exit(f'bench.py: {message} (--help)')
    parser.add_argument('--quick', action='store_true',
                        help='under 3 minutes: fewer rounds, smaller, not every program')
    parser.add_argument('--rounds', type=int,
                        help='for every group (default: micro 7, real 9, tags 7, memory 3; quick: 3, 3, -, 1)')
    parser.add_argument('--groups', help=f"of {', '.join(CASES)}; default all but executed")
    parser.add_argument('--only', metavar='WORKLOAD,...', help='these workloads: deep/1, json, ...')
    parser.add_argument('--peers', metavar='PEER,...', default=','.join((*PEERS, CPYTHON)))
    parser.add_argument('--output', metavar='PREFIX', default=os.path.join(BUILD, 'bench'),
                        help='writes PREFIX.json, .md and .svg (build/bench)')
    options = parser.parse_args()
    if options.rounds is not None and options.rounds < 1:
        raise rounds.Failed('--rounds is at least 1')
    options.allocators = [OURS, *chosen_names(options.peers, (*PEERS, CPYTHON), 'peer')]
    groups = options.groups or ','.join(QUICK_GROUPS if options.quick or options.only else FULL_GROUPS)
    options.groups = chosen_names(groups, CASES, 'group')
    return options


def chosen_cases(options, plan):
    cases = [case for group in options.groups for case in CASES[group](plan['scale'])]
    if options.only:
        wanted = chosen_names(options.only, [case.name for case in cases], 'workload')
        return [case for case in cases if case.name in wanted]
    return [case for case in cases if not (options.quick and case.name in NOT_QUICK)]


def main():
    options = arguments()
    plan = dict(QUICK if options.quick else FULL)
    if options.rounds:
        plan.update(dict.fromkeys(CASES, options.rounds))
    allocators.require(options.allocators)
    cases = chosen_cases(options, plan)
    result = {'quick': options.quick, 'plan': plan, 'machine': machine(), 'load_before': os.getloadavg(),
              'cases': [], 'not_measured': []}
    start = time.monotonic()
    for case in cases:
        def told(why, case=case):
            name, reason = why.split(': ', 1)
            result['not_measured'].append({'name': case.name, 'allocator': name, 'why': reason})
        found = measure_case(case, plan[case.group], options.allocators, told)
        row = summary(case, found)
        result['cases'].append(row)
        print(tables.progress(row), flush=True)
    if 'tags' in options.groups:
        result['tags'] = measure_tags(plan['tags'], options.output)
    result.update(seconds=time.monotonic() - start, load_after=os.getloadavg())
    write(result, options.output)
    return 1 if result['not_measured'] else 0


def machine():
    with open('/proc/cpuinfo') as info:
        model = [line.split(':', 1)[1].strip() for line in info if line.startswith('model name')][:1]
    return {'cpu': (model or ['?'])[0], 'cpus': os.cpu_count(), 'kernel': platform.release()}


def write(result, prefix):
    os.makedirs(os.path.dirname(os.path.abspath(prefix)), exist_ok=True)
    with open(prefix + '.json', 'w') as out:
        json.dump(result, out, indent=1)
    text = tables.document(result)
    with open(prefix + '.md', 'w') as out:
        out.write(text)
    print('\n' + text)
    written = ['json', 'md']
    if shutil.which('gnuplot'):
        written += ['svg'] if tables.draw(result, prefix) else []
    print('Written: ' + ', '.join(f'{os.path.relpath(prefix)}.{kind}' for kind in written))


if __name__ == '__main__':
    try:
        sys.exit(main())
    except rounds.Failed as why:
        sys.exit(f'bench.py: {why}')
    except KeyboardInterrupt:
        sys.exit('bench.py: interrupted')
