load compare

@test "gdb loads the shim" {
  loads /usr/bin/gdb --version
}

@test "gdb: break, run, backtrace, print, call, python, both gdb and the program under the shim" {
  gcc -g -O0 -pthread -o debuggee "$INPUTS/debuggee.c"
  # Process and thread numbers differ from run to run, and so do the addresses of threads.
  same /bin/bash -c "set -o pipefail; gdb -nx -batch -x $INPUTS/debuggee.gdb ../debuggee 2>&1 |
    sed -E 's/(process|LWP) [0-9]+/\1 N/g; s/0x[0-9a-f]+/ADDRESS/g'; status=\$?; cat debuggee.out; exit \$status"
  grep -q '^#5  work (' shim.out
  grep -q 'exited with code 06' shim.out
}
