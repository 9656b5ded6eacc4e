# Memory refused by limits set before the program starts.
load ../../common

under() { # ULIMIT-FLAG KIB ARG...: refused with ARGs under the limit
  run --separate-stderr bash -c 'ulimit "$1" "$2"; shift 2; exec env LD_PRELOAD="$SHIM" "$BIN/refused" "$@"' - "$@"
  expect_ok
}

setup() { export SHIM BIN; }

@test "200 MB of address space, small objects" { under -v 204800 small; }
@test "200 MB of address space, mixed objects" { under -v 204800 mixed; }
@test "200 MB of address space, large objects" { under -v 204800 large; }
@test "2 GB of address space, small objects" { under -v 2097152 small 500; }
@test "2 GB of address space, large objects" { under -v 2097152 large 500; }
@test "200 MB of data, small objects" { under -d 204800 small; }
@test "200 MB of data, mixed objects" { under -d 204800 mixed; }
@test "40 MB of address space: a program still starts" {
  run bash -c 'ulimit -v 40960; exec env LD_PRELOAD="$SHIM" /bin/echo started'
  [[ $status == 0 && $output == started ]]
}
@test "200 MB of address space: threads" {
  run bash -c 'ulimit -v 204800; exec env LD_PRELOAD="$SHIM" "$BIN/producer_consumer" 100000'
  expect_ok
}
