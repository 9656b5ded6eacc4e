# How frames find their callers: every row of the unwind information of real libraries, against binutils' readelf.
load ../tools/command

setup_file() {
  gcc -std=gnu17 -O1 -D_GNU_SOURCE -iquote "$TOP/arena" -iquote "$TOP/shim/base" -iquote "$TOP/shim/callsite" \
    -o "$BATS_FILE_TMPDIR/cfi_rules" "$HERE/cfi_rules.c" \
    "$TOP"/shim/callsite/{cfi,cfi_row}.c "$TOP/shim/base/find_object.c" "$TOP/arena/os.c"
}

# agree ROWS LIBRARY: at least so many rows, no difference.
agree() {
  /usr/bin/python3 "$HERE/cfi_rows.py" rows "$2" >theirs
  cut -d ' ' -f 1 theirs | "$BATS_FILE_TMPDIR/cfi_rules" "$2" >ours
  run --separate-stderr /usr/bin/python3 "$HERE/cfi_rows.py" compare theirs ours
  printf '%s\n' "${lines[@]}" | tail -n 20
  [[ $status == 0 && $output =~ rows=([0-9]+)\ differences=0$ ]] || return
  ((BASH_REMATCH[1] >= $1))
}

@test "the C library" { agree 40000 /lib/x86_64-linux-gnu/libc.so.6; }
@test "the C++ library" { agree 20000 /usr/lib/x86_64-linux-gnu/libstdc++.so.6; }
@test "clang's library" {
  agree 1000000 "$(ldd "$(command -v clang)" | awk '/libclang-cpp/ { print $3 }')"
}
