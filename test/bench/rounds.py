"""Runs commands in interleaved rounds and compares them: what any comparing benchmark here needs.

A round runs every variant once, in an order of its own, so that a slow minute of the machine falls
on all of them. What is compared is CPU time (user and system, by wait4) and the
largest resident size. Ratios are of runs of the same round; their interval comes from a bootstrap.
"""
import os
import random
import statistics
import subprocess
import tempfile
import time


class Failed(Exception):
    """One line that says why a run tells nothing."""


class Run:
    """What one process and its descendants cost, and what it said."""

    def __init__(self, cpu, rss, wall, stdout, stderr):
        self.cpu, self.rss, self.wall = cpu, rss, wall
        self.stdout, self.stderr = stdout, stderr


def run(command, environment, stdin=os.devnull, cwd=None, limit=300, beside=None, once=None):
    """Runs to the end; Failed when the exit status is not 0 or the time is up.

    beside: called while the command runs. once: the program that sees sizes below our own."""
    with open(stdin, 'rb') as source, tempfile.TemporaryDirectory(prefix='bench-run.') as directory, \
            open(directory + '/stdout', 'wb') as out, open(directory + '/stderr', 'wb') as errors:
        usage_file = directory + '/usage'
        words, variables = command, environment
        if once:
            words = [once, usage_file, *command]
            variables = {('ONCE_PRELOAD' if k == 'LD_PRELOAD' else k): v for k, v in environment.items()}
        start = time.monotonic()
        child = subprocess.Popen(words, stdin=source, stdout=out, stderr=errors, env=variables, cwd=cwd)
        try:
            if beside:
                beside()
        except Failed:
            child.kill()
            child.wait()
            raise
        status, usage = _await(child, start + limit)
        wall = time.monotonic() - start
        cpu, rss = usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024
        if once and status == 0:
            with open(usage_file) as costs:
                micro, rss, status = map(int, costs.read().split())
            cpu = micro / 1e6
        said = [open(f'{directory}/{name}', errors='replace').read() for name in ('stdout', 'stderr')]
    if status != 0:
        last = said[1].strip().splitlines()[-1:] or ['(nothing on stderr)']
        raise Failed(f'{os.path.basename(command[0])}: wait status {status}: {last[0][:200]}')
    return Run(cpu, rss, wall, *said)


def _await(child, deadline):
    while time.monotonic() < deadline:
        pid, status, usage = os.wait4(child.pid, os.WNOHANG)
        if pid:
            child.returncode = status  # subprocess must not wait for it again
            return status, usage
        time.sleep(0.002)
    child.kill()
    _, status, usage = os.wait4(child.pid, 0)
    child.returncode = status
    return status, usage


def smallest_rss():
    """A process starts with its parent's largest size as its own: smaller ones cannot be seen."""
    return run(['/bin/true'], {}).rss


def interleave(variants, rounds, measure, told=lambda text: None, seed=1):
    """{variant: {round: Run}}. variants: {name: run it only every n-th round}. A variant that fails is
    told of and taken out; what it had measured is dropped."""
    shuffle = random.Random(seed)
    results = {name: {} for name in variants}
    for i in range(rounds):
        order = [name for name in results if i % variants[name] == 0]
        shuffle.shuffle(order)
        for name in order:
            try:
                results[name][i] = measure(name)
            except Failed as why:
                told(f'{name}: {why}')
                del results[name]
    return results


def spread(values):
    """(median, half the distance between the quartiles in percent of it)."""
    middle = statistics.median(values)
    if len(values) < 3 or not middle:
        return middle, None
    low, _, high = statistics.quantiles(values, n=4, method='inclusive')
    return middle, 50 * (high - low) / middle


def paired_ratio(mine, base, of, resamples=2000):
    """Median of the ratios of runs of the same round, and its 95 % interval; None without 3 pairs
    to draw from."""
    ratios = [of(mine[i]) / of(base[i]) for i in mine if i in base and of(base[i]) > 0]
    if not ratios:
        return None
    middle = statistics.median(ratios)
    if len(ratios) < 3:
        return {'ratio': middle, 'interval': None, 'pairs': len(ratios)}
    draw = random.Random(len(ratios))
    medians = sorted(statistics.median(draw.choices(ratios, k=len(ratios))) for _ in range(resamples))
    return {'ratio': middle, 'pairs': len(ratios),
            'interval': [medians[int(resamples * 0.025)], medians[int(resamples * 0.975)]]}


def ratio_text(ratio):
    if ratio is None:
        return '-'
    if ratio['interval'] is None:
        return f"{ratio['ratio']:.2f} ({ratio['pairs']} pairs)"
    low, high = ratio['interval']
    return f"{ratio['ratio']:.3f} ({low:.3f}..{high:.3f})"


def markdown_table(heads, rows):
    """Columns as wide as they need to be; the first to the left, the others to the right."""
    widths = [max(len(row[k]) for row in [heads, *rows]) for k in range(len(heads))]

    def line(cells):
        padded = [cells[0].ljust(widths[0])]
        padded += [cell.rjust(width) for cell, width in zip(cells[1:], widths[1:])]
        return '| ' + ' | '.join(padded) + ' |'
    rule = '|' + '|'.join(['-' * (widths[0] + 2)] + ['-' * (w + 1) + ':' for w in widths[1:]]) + '|'
    return '\n'.join([line(heads), rule, *map(line, rows)])
