"""The real programs that benches run, each found when it is needed: PROGRAMS[name]() is a Program."""
import os
import shlex
import shutil
import subprocess
import time
from collections import namedtuple

import rounds

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.dirname(os.path.dirname(HERE))
INPUTS = os.path.join(HERE, 'inputs')
CLEAN = {'PATH': '/usr/bin:/bin', 'LC_ALL': 'C', 'HOME': '/nonexistent', 'GIT_CONFIG_NOSYSTEM': '1'}

# prepare(directory) fills the directory it runs in; beside(directory) runs meanwhile, without a preload;
# probe: arguments with which the program ends at once.
Program = namedtuple('Program', 'command stdin prepare beside probe')


def program(command, stdin=os.devnull, prepare=None, beside=None, probe=('--version',)):
    if not shutil.which(command[0]):
        raise rounds.Failed(f'{command[0]} is missing')
    return Program(command, stdin, prepare, beside, list(probe))


def quietly(command, cwd=None, stdin=None):
    done = subprocess.run(command, cwd=cwd, env=CLEAN, input=stdin, capture_output=True)
    if done.returncode:
        last = done.stderr.decode(errors='replace').strip().splitlines()[-1:]
        raise rounds.Failed(f"{command[0]}: exit status {done.returncode}: {''.join(last)[:200]}")


def python(script):
    return program(['/usr/bin/python3', '-S', os.path.join(INPUTS, script)], probe=['-c', 'pass'])


def compiler_proper(driver, marker):
    """The one process that compiles, as the driver would start it."""
    source = os.path.join(TOP, 'test/real/inputs/templates.cc')
    plan = subprocess.run([driver, '-###', '-std=c++17', '-O1', '-c', '-o', '/dev/null', source],
                          capture_output=True, text=True, env={'PATH': os.environ['PATH']})
    for line in plan.stderr.splitlines():
        words = shlex.split(line) if line.startswith(' ') else []
        if any(word.endswith(marker) for word in words[:2]):
            return program(words)
    raise rounds.Failed(f'{driver} -### names no {marker}')


def redis():
    """The server's own cost of a fixed number of requests, over a socket in its directory."""
    def load(directory):
        socket = directory + '/socket'
        for _ in range(500):
            if os.path.exists(socket):
                break
            time.sleep(0.01)
        for tests in ('set,lpush,hset,lrange_100', 'get,zadd,lpop'):
            quietly(['/usr/bin/redis-benchmark', '-s', socket, '-q', '-P', '16', '-c', '8', '-d', '100',
                     '-r', '20000', '-n', '40000', '-t', tests])
        quietly(['/usr/bin/redis-cli', '-s', socket, 'shutdown', 'nosave'])
    return program(['/usr/bin/redis-server', '--port', '0', '--unixsocket', 'socket', '--save', '',
                    '--appendonly', 'no', '--daemonize', 'no'], beside=load)


def git_gc():
    def repository(directory):
        quietly(['/usr/bin/git', 'init', '-q', directory])
        quietly(['/usr/bin/git', 'fast-import', '--quiet'], directory, b''.join(history(400)))
    return program(['/usr/bin/git', '-c', 'pack.threads=1', '-c', 'gc.auto=0', 'gc', '--aggressive', '--quiet'],
                   prepare=repository)


def history(commits, files=40):
    """A git fast-import stream: text files of which each commit changes some lines of some."""
    lines = [[f'file {f} line {i}: {i * 7919 % 1000003}' for i in range(120)] for f in range(files)]
    for n in range(commits):
        yield (f'commit refs/heads/main\ncommitter A <a@b> {1600000000 + n * 60} +0000\n'
               f'data 8\nchange {n % 10}\n').encode()
        for f in {(n * 7 + k * 13) % files for k in range(3)} if n else range(files):
            lines[f][n * 31 % 120] = f'changed by {n}: {n * 104729 % 999983}'
            text = '\n'.join(lines[f]).encode()
            yield b'M 644 inline dir%d/file%d.txt\ndata %d\n%s\n' % (f % 5, f, len(text), text)


PYTHON = ('json', 'ast', 'churn', 'pickle')
PROGRAMS = {
    'json': lambda: python('json_work.py'),
    'ast': lambda: python('ast_work.py'),
    'churn': lambda: python('churn_work.py'),
    'pickle': lambda: python('pickle_work.py'),
    'perl': lambda: program(['/usr/bin/perl', os.path.join(INPUTS, 'churn.pl')]),
    'sqlite3': lambda: program(['/usr/bin/sqlite3', ':memory:'], os.path.join(INPUTS, 'tables.sql')),
    'cc1plus': lambda: compiler_proper('g++', 'cc1plus'),
    'clang': lambda: compiler_proper('clang++', '-cc1'),
    'z3': lambda: program(['/usr/bin/z3', os.path.join(INPUTS, 'factor.smt2')]),
    'redis-server': redis,
    'git gc': git_gc,
}
