# One waste, too, where rounding is large: of a large object at most 4095 bytes count, in the report at exit as in the command.
load command

agrees() { # PROGRAM ARG...
  rm -f d stats
  ARENASHIM_DUMP=d ARENASHIM_STATS=stats LD_PRELOAD=$SHIM "$@" >out 2>err
  "$TOOL" export --format json -o d.json d
  "$HERE/waste_agree.py" stats d.json
}

@test "of a C++ program, whose library holds a block of 71 KiB" { agrees "$TOOLS/planted"; }

@test "of threads with large objects, each in an arena of its own" {
  gcc -g -O0 -w -include stdlib.h -include pthread.h -o large -x c - -pthread <<'END'
static void *work(void *p) { for (int i = 0; i < 20; i++) p = malloc(300000 + i * 7000); return p; }
int main(void) {
  pthread_t t[3];
  for (int i = 0; i < 3; i++) pthread_create(&t[i], 0, work, 0);
  for (int i = 0; i < 3; i++) pthread_join(t[i], 0);
  for (int i = 0; i < 50; i++) work(0);
  return malloc(300000000) == 0;
}
END
  agrees ./large
}
