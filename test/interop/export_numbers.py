"""What foreign readers found in our exports, and what we say ourselves: both as numbers by call path or function.

Ours are taken from the json export's accounts; from there on no code is shared with the command.
"""
import json
import subprocess
from collections import Counter

VALUES = {'inuse_objects': 'live_objects', 'inuse_space': 'live_bytes', 'alloc_objects': 'allocs', 'alloc_space': 'bytes',
          'peak_space': 'at_peak_bytes', 'mapped_space': 'live_bytes', 'waste': 'waste'}


def said(*command):
    return subprocess.run(command, check=True, text=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL).stdout


def nonzero(sums):
    """Differences of two dumps are negative where something shrank."""
    return Counter({key: n for key, n in sums.items() if n != 0})


class Ours:
    def __init__(self, file):
        with open(file, encoding='utf-8') as text:
            self.dump = json.load(text)
        names = [frame['name'] for frame in self.dump['frames']]
        self.paths = [tuple(names[i] for i in site['path']) for site in self.dump['sites']]

    def accounts(self, value):
        """What a value is summed over: the heap's accounts, or those of what the program mapped itself."""
        return self.dump['mapped' if value == 'mapped_space' else 'accounts']

    def by_path(self, value):
        """Names, innermost first -> the sum of a value."""
        sums = Counter()
        for account in self.accounts(value):
            sums[self.paths[account['site']]] += account.get(VALUES[value], 0)
        return nonzero(sums)

    def flat(self, value):
        sums = Counter()
        for path, n in self.by_path(value).items():
            sums[path[0]] += n
        return nonzero(sums)

    def cumulated(self, value):
        sums = Counter()
        for path, n in self.by_path(value).items():
            for name in set(path):
                sums[name] += n
        return nonzero(sums)


def compare(what, theirs, ours):
    """Prints each difference; returns how many there are."""
    wrong = 0
    for key in sorted({*theirs, *ours}):
        if theirs.get(key, 0) != ours.get(key, 0):
            print(f'{what}: {key}: {theirs.get(key, 0)}, and ours says {ours.get(key, 0)}')
            wrong += 1
    return wrong
