# Misuse: one line on stderr that begins with "arenashim: " and names the pointer, then SIGABRT.
load ../../common

# dies PROGRAM ARG...: the program prints the pointer it misuses.
dies() {
  run_shim "$BIN/$1" "${@:2}"
  expect '$status == 134' # by SIGABRT, as the shell tells it
  local pointer=${lines[0]}
  expect "-n '$pointer'"
  (($(stderr_lines) == 1)) || { printf 'stderr: %s\n' "$stderr"; return 1; }
  expect "\$stderr == 'arenashim: '*$pointer*"
}

@test "free of a stack address" { dies fault_foreign stack; }
@test "free of a static variable" { dies fault_foreign static; }
@test "free within a mapped file" { dies fault_foreign file; }
@test "free of no address at all" { dies fault_foreign wild; }
@test "realloc of a stack address" { dies fault_foreign stack realloc; }
@test "realloc of a static variable" { dies fault_foreign static realloc; }

@test "free inside an object" { dies fault_interior free 16; }
@test "free inside an object, not aligned" { dies fault_interior free 8; }
@test "free one byte inside an object" { dies fault_interior free 1; }
@test "free far inside an object" { dies fault_interior free 496 511; }
@test "realloc inside an object" { dies fault_interior realloc 16; }
@test "realloc inside an object, not to grow" { dies fault_interior stay 16; }
@test "realloc inside an object, not to grow, not aligned" { dies fault_interior stay 8; }
@test "malloc_usable_size inside an object" { dies fault_interior usable 16; }
@test "free beyond what was carved" { dies fault_interior free 60000; }

@test "double free at once" { dies fault_double twice; }
@test "double free at once, smallest" { dies fault_double twice 0; }
@test "double free at once, greatest" { dies fault_double twice 511; }
@test "double free after the block was emptied" { dies fault_double emptied; }

@test "an object written to after it was freed" { dies fault_written; }
@test "an object written to after it was freed, smallest" { dies fault_written 1; }
@test "an object written to after it was freed, greatest" { dies fault_written 511; }
@test "an object written to after it was freed, in the thread's cache" { dies fault_written 1000; }
@test "an object written to after it was freed, the cache's largest" { dies fault_written 4096; }

@test "double free by a thread without an arena" { dies fault_remote bare; }
@test "double free by a thread that has another arena" { dies fault_remote own; }
