"""The allocators that are compared, how a program gets one, and the proof that it did."""
import os
import re
import shutil
import tempfile

import rounds
from programs import CLEAN, TOP

LIBRARIES = '/usr/lib/x86_64-linux-gnu'
OURS = 'arenashim'
CPYTHON = 'cpython'  # glibc, and CPython's own allocator for small objects in front of it
LIBRARY_OF = {
    OURS: os.path.abspath(os.environ.get('SHIM', os.path.join(TOP, 'build/libarenashim.so'))),
    'glibc': LIBRARIES + '/libc.so.6',  # preloaded too: redis-server is linked with jemalloc
    'jemalloc': LIBRARIES + '/libjemalloc.so.2',
    'mimalloc': LIBRARIES + '/libmimalloc.so.2',
    'tcmalloc': LIBRARIES + '/libtcmalloc_minimal.so.4',
    CPYTHON: LIBRARIES + '/libc.so.6',
}
PACKAGE_OF = {OURS: 'make', 'jemalloc': 'libjemalloc2', 'mimalloc': 'libmimalloc2.0',
              'tcmalloc': 'libtcmalloc-minimal4'}
PEERS = ('glibc', 'jemalloc', 'mimalloc', 'tcmalloc')


def require(allocators):
    for name in allocators:
        if not os.path.exists(LIBRARY_OF[name]):
            package = PACKAGE_OF.get(name, 'libc6')
            raise rounds.Failed(f'{name}: {LIBRARY_OF[name]} is missing; it comes with {package}')


def environment(allocator, directory='/nonexistent'):
    """Everything a program sees; nothing of ours leaks into it, no option of any allocator."""
    return {**CLEAN, 'HOME': directory, 'PYTHONMALLOC': 'pymalloc' if allocator == CPYTHON else 'malloc',
            'PYTHONHASHSEED': '0', 'PERL_HASH_SEED': '0', 'PYTHONDONTWRITEBYTECODE': '1',
            'LD_PRELOAD': LIBRARY_OF[allocator]}


def refuse_silent_loss(run):
    """The loader says it on stderr when it could not preload, and the program runs on."""
    for line in run.stderr.splitlines():
        if 'cannot be preloaded' in line or line.startswith('arenashim: '):
            raise rounds.Failed(f'the preload did not take effect: {line[:150]}')


def check_said(allocator, path):
    """A program of ours says which file its malloc is in."""
    if os.path.realpath(path) != os.path.realpath(LIBRARY_OF[allocator]):
        raise rounds.Failed(f'the preload did not take effect: malloc is in {path}')


def check_bound(allocator, program):
    """A control run under LD_DEBUG: the loader must bind malloc to the library, and nowhere else, but for
    the program itself, whose table of calls stands for the function when its address is taken."""
    library = os.path.realpath(LIBRARY_OF[allocator])
    with tempfile.TemporaryDirectory(prefix='bench-control.') as directory:
        variables = {**environment(allocator, directory), 'LD_DEBUG': 'bindings', 'LD_BIND_NOW': '1',
                     'LD_DEBUG_OUTPUT': directory + '/bound'}
        rounds.run([program.command[0], *program.probe], variables, cwd=directory)
        bound = ''.join(open(os.path.join(directory, name), errors='replace').read()
                        for name in os.listdir(directory) if name.startswith('bound'))
    found = re.findall(r"binding file .* to (\S+) \[\d+\]: normal symbol `malloc'", bound)
    to = {os.path.realpath(path) for path in found}
    if library not in to or to - {library, os.path.realpath(shutil.which(program.command[0]))}:
        where = ', '.join(sorted(to)) or 'nothing'
        raise rounds.Failed(f'the preload did not take effect: malloc is bound to {where}')
