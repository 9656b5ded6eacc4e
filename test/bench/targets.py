"""Our targets, each with a verdict from one run of the bench: evaluate(result).

A ratio's verdict looks at its 95 % interval: the target holds when all of it is at or below the limit, is
missed when all of it is above, and is "within noise" when the limit lies inside.
"""
import math

from allocators import CPYTHON, OURS, PEERS

HOLDS, NOISE, MISSED = 'holds', 'within noise', 'missed'
FORWARDED = ('mixed', 'deep-1000-bytes', 'medium', 'large', 'huge', 'calloc-large', 'realloc-growth')
UP_TO_4_KIB = ('deep-1000-bytes', 'medium')
ROUNDING = 1.01  # resident sizes of two runs of one program differ by some pages
OWN_LIMITS = {'deep': 0.68, 'random-1000': 0.90, 'handoff': 0.50}
FLOOR = 'deep-nothing'  # the loop of `deep` with calls into a library that do nothing


def workload(row):
    return row['name'].split('/')[0]


def verdict_of(ratio, limit):
    low, high = ratio['interval'] or (ratio['ratio'], ratio['ratio'])
    return HOLDS if high <= limit else MISSED if low > limit else NOISE


def ratio_to(row, other, limit):
    """(verdict, text) of our ratio to another allocator; None when one of them was not measured."""
    ratio = row['ratios'].get(other)
    if not ratio:
        return None
    return verdict_of(ratio, limit), f"{row['name']} {ratio['ratio']:.2f}x {other}"


def to_best(row, limit):
    return ratio_to(row, row['best'], limit)


def above_floor(row, cases):
    """Of `deep`: what is left of the ratio when the loop's and the calls' own cost is taken off."""
    floor = min((found['median'] for other in cases if other['name'] == FLOOR
                 for found in other['allocators'].values()), default=None)
    if workload(row) != 'deep' or floor is None or row['best'] not in row['allocators']:
        return ''
    ours, best = (row['allocators'][name]['median'] - floor for name in (OURS, row['best']))
    return f' ({ours:.1f} and {best:.1f} ns above the {floor:.1f} of calls that do nothing)'


def plain(row_name, value, limit, form='{:.2f}'):
    return HOLDS if value <= limit else MISSED, f"{row_name} {form.format(value)} (<= {form.format(limit)})"


def small_objects(row):
    return row['group'] == 'micro' and workload(row) not in (*FORWARDED, *OWN_LIMITS, FLOOR)


def forwarded(row):
    verdict = ratio_to(row, 'jemalloc', 1.03)
    if not verdict or verdict[0] == HOLDS or workload(row) not in UP_TO_4_KIB:
        return verdict
    more = row['allocators'][OURS]['median'] - row['allocators']['jemalloc']['median']
    return (HOLDS if more <= 1 else verdict[0]), f'{verdict[1]}, {more:+.1f} ns'


def peak(row):
    found = row['allocators']
    if row['group'] not in ('micro', 'real') or workload(row) == FLOOR or not {OURS, 'jemalloc'} <= set(found):
        return None
    ours, theirs = found[OURS]['peak'], found['jemalloc']['peak']
    return plain(row['name'] + ' peak', ours / theirs, ROUNDING, '{:.2f}x jemalloc')


def steps(row):
    """Every step's resident bytes against jemalloc's."""
    found = row['allocators']
    if row['group'] != 'memory' or not {OURS, 'jemalloc'} <= set(found):
        return
    for step, (ours, _) in found[OURS]['steps'].items():
        yield plain(f"{row['name']} {step}", ours / found['jemalloc']['steps'][step][0], ROUNDING, '{:.2f}x jemalloc')


def growth(result):
    """The dearest live set's cost over the cheapest's, ours and the best peer's."""
    rows = [row for row in result['cases'] if workload(row).startswith('live-')]
    if len(rows) < 2:
        return
    by_peer = {name: rows[-1]['allocators'][name]['median'] / rows[0]['allocators'][name]['median']
               for name in (OURS, *PEERS) if all(name in row['allocators'] for row in rows)}
    if OURS in by_peer and len(by_peer) > 1:
        best = min((name for name in by_peer if name != OURS), key=by_peer.get)
        words = f"{rows[0]['name']} to {rows[-1]['name']}: x{by_peer[OURS]:.1f}, {best} x{by_peer[best]:.1f}; ratio"
        yield plain(words, by_peer[OURS] / by_peer[best], 1.0)


def ours_of(result, group, name):
    for row in result['cases']:
        if row['group'] == group and row['name'] == name and OURS in row['allocators']:
            yield row['allocators'][OURS]


def given_back(result):
    for name in ('giveback-small', 'giveback-large'):
        for found in ours_of(result, 'memory', name):
            before = found['steps']['before'][0]
            for step, limit in (('trimmed', 1.1), ('later', 2.0)):
                yield plain(f'{name} {step} / before', found['steps'][step][0] / before, limit)


def geometric_means(result):
    """{peer: geometric mean of our ratios to it over the real programs}"""
    means = {}
    for peer in PEERS:
        logs = [math.log(row['ratios'][peer]['ratio']) for row in result['cases']
                if row['group'] == 'real' and row['ratios'].get(peer)]
        if logs:
            means[peer] = math.exp(sum(logs) / len(logs))
    return means


def each(result, group, verdict):
    return [found for row in result['cases'] if row['group'] == group and (found := verdict(row))]


def evaluate(result):
    """[(target, [(verdict, text)])]; an empty list: nothing of it was measured."""
    cases = result['cases']
    own = {name: [(found[0], found[1] + above_floor(row, cases)) for row in cases
                  if row['group'] == 'micro' and workload(row) == name and (found := to_best(row, limit))]
           for name, limit in OWN_LIMITS.items()}
    return [
        ('instructions a pair <= 31 deep, <= 34 random',
         [plain(name, found['median'], limit) for name, limit in (('executed deep', 31), ('executed random', 34))
          for found in ours_of(result, 'instructions', name)]),
        *((f'{name} <= {limit}x the best peer', own[name]) for name, limit in OWN_LIMITS.items()),
        ('other small objects <= 1.00x the best peer',
         each(result, 'micro', lambda row: to_best(row, 1.0) if small_objects(row) else None)),
        ("CPython workloads <= 1.00x CPython's own allocator",
         each(result, 'real', lambda row: ratio_to(row, CPYTHON, 1.0))),
        ('real programs <= 1.00x the best peer', each(result, 'real', lambda row: to_best(row, 1.0))),
        ('real programs, geometric mean below each peer',
         [plain(peer, mean, 1.0, '{:.3f}') for peer, mean in geometric_means(result).items()]),
        ('forwarded sizes <= 1.03x jemalloc, or 1 ns more up to 4 KiB',
         each(result, 'micro', lambda row: forwarded(row) if workload(row) in FORWARDED else None)),
        ("resident <= jemalloc's",
         [found for row in cases for found in ([peak(row)] if peak(row) else steps(row))]),
        ('start-up <= 3.0 MB',
         [plain('start', found['start'] / 1e6, 3.0) for found in ours_of(result, 'memory', 'start')]),
        ("cost grows with live objects no faster than the best peer's", list(growth(result))),
        ('after freeing all: trimmed <= 1.1x, a second later <= 2x', list(given_back(result))),
        ('oldest 90 % freed: resident <= 1.7x live',
         [plain('freed', found['steps']['freed'][0] / found['steps']['freed'][1], 1.7)
          for found in ours_of(result, 'memory', 'fragment-oldest')]),
    ]
