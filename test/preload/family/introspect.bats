# What glibc offers to look at its malloc, of ours.
load ../../common

@test "mallinfo2: what is in use is what the program has" { run_shim "$BIN/introspect" live; expect_ok; }
@test "mallinfo2: what other threads freed is free" { run_shim "$BIN/introspect" remote; expect_ok; }
@test "malloc_trim: 1 if memory was released, else 0" { run_shim "$BIN/introspect" trim; expect_ok; }
@test "malloc_trim: the same without arenas" { run_shim ARENASHIM_DISABLE=1 "$BIN/introspect" trim; expect_ok; }
