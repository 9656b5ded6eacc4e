# What the tests of real programs share: run a command plain and under the shim, and compare.
# shellcheck shell=bash disable=SC2034,SC2094 # used by the tests; a name in a pattern
load ../common

INPUTS=$HERE/inputs

# Runs a command in directory $1, with $2 preloaded, in surroundings that are the same each time.
# The search path leaves out what a user put before the system's programs (pyenv's python3).
# fd 3 is bats' own: a process that outlives the test would keep bats waiting.
run_in() { # DIRECTORY PRELOAD COMMAND...
  mkdir -p "$1"
  (
    cd "$1" || exit
    unset "${!ARENASHIM_@}" LD_PRELOAD
    export PATH=/usr/bin:/bin:/usr/sbin:/sbin LC_ALL=C TZ=UTC TERM=dumb HOME=$PWD
    [[ -z $2 ]] || export LD_PRELOAD=$2
    shift 2
    exec "$@"
  ) 3>&- </dev/null
}

# The command does the same under the shim as without: stdout, stderr and exit status. `want` is the
# status it must have (0), so that a command that merely fails twice is no success; nor is silence.
# stderr counts, for that is where the loader says that it could not preload, and the shim prints nothing
# unasked. Each run has a directory of its own, plain/ and shim/, for tests that compare files.
same() { # COMMAND...
  local plain=0 shim=0
  run_in plain '' "$@" >plain.out 2>plain.err || plain=$?
  run_in shim "$SHIM" "$@" >shim.out 2>shim.err || shim=$?
  ((plain == ${want:=0} && shim == want)) || {
    echo "exit status $plain without the shim, $shim with it, not $want"
    tail -n 20 plain.err shim.err shim.out
    return 1
  }
  [[ -s plain.out ]] || { echo 'no output to compare'; return 1; }
  diff -u plain.out shim.out && diff -u plain.err shim.err
}

# The loader's own word that the shim is used: wherever the program, its libraries and its children call
# a name of the family, the loader binds it to the shim. (Or to the program itself: one at a fixed
# address, as python3, names its own jump table, which leads to the shim.)
loads() { # PROGRAM ARGUMENT...
  local status=0
  rm -f bound.*
  run_in shim "$SHIM" env LD_BIND_NOW=1 LD_DEBUG=bindings LD_DEBUG_OUTPUT="$PWD/bound" "$@" >/dev/null ||
    status=$?
  ((status == ${want:=0})) || { echo "$1: exit status $status, not $want"; return 1; }
  local family='malloc|calloc|realloc|reallocarray|free|cfree|posix_memalign|aligned_alloc|memalign'
  family+='|valloc|pvalloc|malloc_usable_size|_Zn[aw]m.*|_Zd[al]Pv.*'
  grep -hE "symbol .($family)'" bound.* | grep -vF "binding file $SHIM" >family || true
  grep -F "to $SHIM" family | grep -q "symbol .malloc'" || {
    echo "$1 does not use malloc of $SHIM"
    return 1
  }
  ! grep -vF -e "to $SHIM " -e "to $1 " family
}
