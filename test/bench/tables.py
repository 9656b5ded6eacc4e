"""What the bench found, as Markdown and as a picture."""
import os
import subprocess

import rounds
import targets
from allocators import CPYTHON, OURS, PEERS
from programs import HERE

COLUMNS = (OURS, *PEERS)


def progress(row):
    values = ', '.join(f"{name} {number(found['median'])}" for name, found in row['allocators'].items())
    return f"{row['name']}: {values or 'not measured'}"


def number(value):
    return f'{value:.0f}' if value >= 1000 else f'{value:.3g}'


def with_spread(found, scale=1):
    if not found:
        return '-'
    spread = '' if found['spread'] is None else f" ±{found['spread']:.0f}%"
    return number(found['median'] / scale) + spread


def megabytes(value):
    return '-' if value is None else f'{value / 1e6:.1f}'


def best_text(row):
    ratio = row['ratios'].get(row['best'])
    return '-' if not ratio else f"{rounds.ratio_text(ratio)} {row['best']}"


def cost_table(rows, first, columns):
    body = [[row['name'], *(with_spread(row['allocators'].get(name)) for name in columns), best_text(row)]
            for row in rows]
    return rounds.markdown_table([first, *columns, 'ours / best peer (95 %)'], body)


def peak_table(rows, columns):
    body = [[row['name'], *(megabytes(row['allocators'].get(name, {}).get('peak')) for name in columns)]
            for row in rows]
    return rounds.markdown_table(['peak resident MB', *columns], body)


def step_texts(row, step):
    for name in COLUMNS:
        resident, live = row['allocators'].get(name, {}).get('steps', {}).get(step, (None, 0))
        yield megabytes(resident) + (f' ({resident / live:.2f}x)' if live > 1e6 else '')


def memory_table(rows):
    body = []
    for row in rows:
        some = next(iter(row['allocators'].values()), {'steps': {}})
        if not some['steps']:
            body.append([row['name'], *(megabytes(row['allocators'].get(n, {}).get('start')) for n in COLUMNS)])
        body += [[f"{row['name']}: {step}", *step_texts(row, step)] for step in some['steps']]
    return rounds.markdown_table(['resident MB (times live bytes)', *COLUMNS], body)


def target_list(result):
    lines = []
    for target, found in targets.evaluate(result):
        counts = {v: sum(f[0] == v for f in found) for v in (targets.HOLDS, targets.NOISE, targets.MISSED)}
        verdict = ', '.join(f'{n} {v}' if len(found) > 1 else v for v, n in counts.items() if n) or 'not measured'
        lines.append(f'* {target}: **{verdict}**')
        lines += [f"  * {v}: {'; '.join(text for w, text in found if w == v)}" for v in counts
                  if counts[v] and (v != targets.HOLDS or len(found) < 4)]
    return '\n'.join(lines)


def document(result):
    machine, plan = result['machine'], result['plan']
    load = f"{result['load_before'][0]:.1f} before, {result['load_after'][0]:.1f} after"
    parts = [f"{'Quick form' if result['quick'] else 'Full form'}: {plan['micro']} rounds micro, "
             f"{plan['real']} real, {plan['memory']} memory; {machine['cpus']} CPUs, {machine['cpu']}, "
             f"load {load}; {result['seconds']:.0f} s. Medians; ± half the distance between the quartiles; ratios "
             'are of runs of the same round, in brackets 95 % by bootstrap (from 3 rounds: their range).']
    rows = {group: [row for row in result['cases'] if row['group'] == group]
            for group in ('instructions', 'micro', 'memory', 'real', 'executed')}
    if rows['micro']:
        parts += ['### Micro: CPU nanoseconds an operation (/threads)',
                  cost_table(rows['micro'], 'workload', COLUMNS), peak_table(rows['micro'], COLUMNS)]
    if rows['instructions']:
        parts += ['### Executed instructions a pair (callgrind)', cost_table(rows['instructions'], 'loop', COLUMNS)]
    if rows['memory']:
        parts += ['### Memory', memory_table(rows['memory'])]
    if rows['real']:
        parts += ['### Real programs: CPU seconds', cost_table(rows['real'], 'program', (*COLUMNS, CPYTHON)),
                  peak_table(rows['real'], (*COLUMNS, CPYTHON)), means_text(result)]
    if rows['executed']:
        parts += ['### Real programs: executed instructions, 10^9 (callgrind)',
                  cost_table(rows['executed'], 'program', (*COLUMNS, CPYTHON))]
    if result.get('tags'):
        parts += ['### Tags', result['tags'].replace('### ', '#### ')]
    parts += ['### Targets', target_list(result)]
    if result['not_measured']:
        parts += ['### Not measured', not_measured_text(result)]
    return '\n\n'.join(parts) + '\n'


def not_measured_text(result):
    """One line for each reason, however many allocators it stopped."""
    stopped = {}
    for lost in result['not_measured']:
        stopped.setdefault((lost['name'], lost['why']), []).append(lost['allocator'])
    return '\n'.join(f"* {name}, {', '.join(who)}: {why}" for (name, why), who in stopped.items())


def means_text(result):
    means = targets.geometric_means(result)
    return 'Geometric mean of our CPU time: ' + ', '.join(f'{mean:.3f}x {peer}' for peer, mean in means.items()) + '.'


def draw(result, prefix):
    """Each allocator's time against the best peer's, by gnuplot; False when there is nothing to draw."""
    panels = []
    for group in ('micro', 'real'):
        rows = [row for row in result['cases'] if row['group'] == group and row['best']]
        if not rows:
            continue
        panels.append(f'{prefix}-{group}.dat')
        with open(panels[-1], 'w') as out:
            print('name', *COLUMNS, file=out)
            for row in rows:
                found = row['allocators']
                times = (f"{found[n]['median'] / found[row['best']]['median']:.4f}" if n in found else '?'
                         for n in COLUMNS)
                print(f'"{row["name"]}"', *times, file=out)
    if not panels:
        return False
    names = f"output='{prefix}.svg'; panels='{' '.join(panels)}'"
    subprocess.run(['gnuplot', '-e', names, os.path.join(HERE, 'picture.gp')], check=True)
    return True
