# Functions, inlined ones and lines of every call in real programs, against binutils' addr2line.
load ../tools/command

# agree SITES COMPILER FLAG...: each instruction of the program is taken for a return address, and is a site with a
# number of allocations of its own, labelled main: summed by functions, and by innermost line, both say the same.
agree() {
  "${@:2}" -no-pie -Wl,--build-id -o program || return
  # Not the linker's start files, whose functions have no size, nor filling: addr2line shows the nearest name.
  objdump -d -j .text --no-show-raw-insn program | awk -F '[:\t]' '/>:$/ { start = /(tm_clones|_dtors_aux|frame_dummy|_dl_reloc|<_start).*:$/; filling = 1 }
    /^ +[0-9a-f]+:/ { if (!start && !filling) { gsub(" ", "", $1); print "0x" $1 } filling = /nop|xchg +%ax,%ax/ }' >returns
  (($(wc -l <returns) >= $1)) || { wc -l returns; return 1; }
  id=$(readelf -n program | sed -n 's/.*Build ID: //p')
  {
    printf '%s\n' 'process tags=2' "module start=0x400000 end=0x8000000 path=$PWD/program build_id=$id" node
    awk '{ n = NR * 2 - 1
      printf "node kind=1 module=1 address=%s\nnode parent=%d kind=2 label=main\nsite node=%d\n", $1, n, n + 1
      printf "account site=%d allocs=%d\n", NR - 1, NR }' returns
  } | dump d
  "$TOOL" export d --format collapsed --value allocs --no-fold | sed 's/^\[main\]/main/' >ours
  run --separate-stderr /usr/bin/python3 "$HERE/addr2line.py" program returns theirs
  expect '$status == 0'
  run --separate-stderr /usr/bin/python3 "$HERE/heaptrack_paths.py" theirs ours 60
  echo "$output"
  [[ $status == 0 && $output =~ differences=0$ ]] || return
  "$TOOL" report d --no-fold -n 0 | awk '$3 ~ /^[0-9]+$/ && $NF != "total" { n = $3; sub(/ < .*/, "")
    line = match($0, / \([^() ]+:[0-9]+\)$/) ? substr($0, RSTART + 2, RLENGTH - 3) : "?"
    sum[line] += n } END { for (line in sum) print line, sum[line] }' | sort >our.lines
  diff theirs.lines our.lines
}

@test "C, gcc -O2" { agree 300 gcc -std=gnu17 -O2 -g "$HERE/heaptrack_c.c"; }
# DWARF 4: of 5 addr2line 2.40 knows neither clang's ranges of inlined functions nor gcc's file 0.
@test "C++, g++ -O2" { agree 900 g++ -O2 -gdwarf-4 "$HERE/heaptrack_cxx.cc"; }
@test "C++, g++ without optimisation" { agree 2500 g++ -O0 -gdwarf-4 "$HERE/heaptrack_cxx.cc"; }
@test "C++, clang -O2" { agree 900 clang++ -Wno-unknown-attributes -O2 -gdwarf-4 "$HERE/heaptrack_cxx.cc"; }
