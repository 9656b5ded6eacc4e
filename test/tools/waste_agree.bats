# One waste: the report at exit and the command say the same to the byte, in all and by call site.
load command

# agrees PROGRAM ARG...: of one run of it.
agrees() {
  rm -f d stats
  ARENASHIM_DUMP=d ARENASHIM_STATS=stats LD_PRELOAD=$SHIM "$@" >out 2>err
  "$TOOL" export --format json -o d.json d
  total=$("$HERE/waste_agree.py" stats d.json)
  arenashim waste d
  is_row "$total" 'sum of these: all call sites'
}

@test "of a C program whose objects are all small" { agrees "$TOOLS/grow" 3000; }

@test "of perl, with objects of all sizes and slabs that few of them keep" {
  agrees perl -e 'for (1 .. 3000) { $keep{$_} = "x" x ($_ * 7 % 3000); $gone[$_] = "y" x 100 } undef @gone'
}
