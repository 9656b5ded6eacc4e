load compare

@test "bash loads the shim" {
  loads /bin/bash -c 'echo x | cat'
  run_in shim "$SHIM" /bin/bash -c 'exec grep -c "$1" /proc/self/maps' bash "$SHIM"
}

@test "bash: arrays, substitutions, subshells, pipes, traps" {
  want=3 same /bin/bash "$INPUTS/bash_mix.sh"
}

@test "sh: many short processes" {
  same /bin/sh -c 'i=0; while [ $i -lt 300 ]; do i=$((i + 1)); x=$(/bin/echo $i | /bin/cat); done; echo $x'
}

@test "a process killed by a signal, and one that aborts" {
  want=143 same /bin/bash -c 'echo before; kill -TERM $$'
  # A shell between, for bash's message about the aborted one has a process id in it.
  want=134 same /bin/sh -c 'ulimit -c 0; sh -c "echo before; kill -ABRT \$\$"; exit $?'
}
