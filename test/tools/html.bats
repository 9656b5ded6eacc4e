# The page of `arenashim html`: that it is written, whole and current; test/browser/html.js looks at it.
load command

setup() {
  TOOL=$TOOLS/arenashim # the build with sanitizers
  BUILD=$(realpath "$TOOLS/../..")
  dump small.dump <"$HERE/small.txt"
}

# data ID: the table of the page on stdin.
data() {
  sed -n "s|^<script type=\"application/json\" id=\"data-$1\">\(.*\)</script>\$|\1|p"
}

@test "the page stands beside the dump, and says so; -o names another, - is standard output" {
  arenashim html small.dump
  expect '$status == 0 && -z $stderr && $output == "small.dump.html: open it in a browser"'
  arenashim html small.dump -o other.html
  expect '$status == 0 && -z $stderr && -z $output'
  cmp small.dump.html other.html
  "$TOOL" html small.dump -o - | cmp small.dump.html
  [[ $(data blocks <small.dump.html) == '{"number":[0,1],"arena":[1,0],"bytes":[1048576,1048576],"passed":[196608,0],"slabs":[3,0],"in_use":[768,0],"age":[1060,0]}' ]]
  [[ $(tail -n 1 small.dump.html) == '</html>' ]]
}

@test "--value: what the page shows first; waste only where it is known" {
  arenashim html small.dump -o - --value allocs
  expect '$status == 0 && -z $stderr' && [[ $(data first <<<"$output") == '{"value":[2]}' ]]
  arenashim html small.dump --value size
  error '--value=size: use one of live, peak, allocs, bytes, waste'
  sed 's/tags=2/tags=2 sample_bytes=1000/' "$HERE/small.txt" | dump sampled.dump
  arenashim html sampled.dump --value waste
  error 'sampled.dump: waste by call site is not known with samples: run the program without ARENASHIM_SAMPLE'
  [[ ! -e sampled.dump.html ]]
}

@test "the page is whole in itself: no address of another file" {
  "$TOOL" html small.dump
  ! sed '/<pre>/,/<\/pre>/d' small.dump.html | grep -oE '(src|href)="?[^#" ]*:?//|url\([^)]*|@import|import\(|fetch\(|XMLHttp'
}

@test "no text of the dump ends a script" {
  dump d <<<$'process pid=1 program=</script><!--<script> tags=2\nnode\n'
  arenashim html d -o - 
  expect '$status == 0 && $output == *"\\u003c/script>\\u003c!--\\u003cscript>"*'
}

in_target() { nm "$TOOLS/target" | awk -v n="$1" '$3 == n { print "0x" $1 }'; } # SYMBOL: its address

# with_lines: a call site in ns::Parser::parse, called by main, that asks through a library without names.
with_lines() {
  cat <<END
process pid=1 program=target tags=2 depth=3 unix_time=9999999999
arena name=target
module start=0x400000 end=0x800000 path=$TOOLS/target build_id=$(readelf -n "$TOOLS/target" | sed -n 's/.*Build ID: //p')
module start=0x7f0000000000 end=0x7f0000100000 bias=0x7f0000000000 path=/usr/lib/libnone.so.1
node
node parent=0 kind=1 module=2 address=0x7f0000000300
node parent=1 kind=1 module=1 address=$(($(in_target _ZN2ns6Parser5parseEi) + 20))
node parent=2 kind=1 module=1 address=$(($(in_target main) + 9))
site node=3
account site=0 allocs=1 live_bytes=7 live_objects=1 smallest=7 largest=7
END
}

@test "a call site is told by the first frame in the program's own source; wrappers are folded" {
  with_lines | dump d
  "$TOOL" html d
  [[ $(data calls <d.html) == '{"site":[0],"path":[4],"own":[2],'* ]] # the fourth frame: "(cut at 3 frames)"
  [[ $(data strings <d.html) == *'"ns::Parser::parse"'*'/target.cc"'* ]]
  [[ $(data cuts <d.html) == '{"paths":[1],"remedy":[64]}' ]]
  with_lines | sed '/module=2/d; s/parent=1/parent=0/; s/parent=2/parent=1/; s/node=3/node=2/' | dump d
  "$TOOL" html d -o plain
  [[ $(data calls <plain) == '{"site":[0],"path":[2],"own":[1],'* ]]
  "$TOOL" html d -o folded --fold 'ns::Parser::*'
  [[ $(data calls <folded) == '{"site":[0],"path":[1],"own":[1],'* && $(data strings <folded) != *Parser* ]]
}

@test "what can't be read or written: one line with the remedy" {
  arenashim html
  error '^arenashim html: name the FILE that `arenashim run` or ARENASHIM_DUMP made'
  arenashim html nowhere
  error "nowhere: can't be read: No such file"
  cp small.dump kept
  arenashim html small.dump -o small.dump
  error 'small.dump is the dump itself: name another file with -o'
  cmp small.dump kept
  arenashim html small.dump -o none/x.html
  error "none/x.html can't be written: No such file or directory: name another file with -o"
  arenashim html small.dump -o /dev/full
  error '/dev/full could not be written: No space left on device: check where the output goes'
}

@test "mapped memory in Chromium" {
  cat >mappings <<'END'
map_account arena=1 site=1 allocs=3 bytes=30000000 ranges=2 live_bytes=20000000 peak_bytes=25000000 at_peak_bytes=24000000
map_account arena=2 site=1 allocs=1 bytes=4096 ranges=1 live_bytes=4096 peak_bytes=4096 at_peak_bytes=4096
map_account arena=0 site=0 allocs=2 bytes=8192 peak_bytes=8192
map_account arena=0 site=2 allocs=1 bytes=8192 ranges=1 live_bytes=8192 peak_bytes=8192 at_peak_bytes=8192
mapping kind=27 mapped=1048576 resident=1048576 count=1 start=0x7000000
mapping kind=27 mapped=20000000 resident=15000000 swapped=1000000 count=2 site=2
mapping kind=1 mapped=5000000 resident=5000000 count=7
END
  cat "$HERE/small.txt" mappings | dump mapped.dump
  sed 's/tags=2/tags=2 sample_bytes=1000/' "$HERE/small.txt" | cat - mappings | dump sampled.dump
  for dump in mapped sampled; do
    "$BUILD/arenashim" html $dump.dump -o $dump.html
  done
  NODE_PATH=$BUILD/browser/node_modules node "$TOP/test/browser/mapped.js" {mapped,sampled}.html
}

@test "a damaged dump: what is lost is named in the page" {
  head -c -100 small.dump >cut
  arenashim html cut
  expect '$status == 0 && $stderr == *"\"call paths\" is cut off"*'
  lost=$(data lost <cut.html)
  [[ $lost =~ ^\{\"name\":\[([0-9]+)\]\}$ ]]
  data strings <cut.html | grep -q '"call paths"'
}

@test "the page in the repository is what its sources build to" {
  [[ -e $BUILD/page/page.html ]] || skip 'make test builds it'
  cmp "$BUILD/page/page.html" "$TOP/tools/page/page.html" || { echo 'run: make page'; return 1; }
}

@test "neither lock file names a registry's host" {
  ! grep -n '"resolved"' "$TOP/tools/page/package-lock.json" "$TOP/test/browser/package-lock.json"
}

@test "the page in Chromium" {
  dump names.dump <"$HERE/names.txt"
  with_lines | dump lines.dump
  dump untagged.dump <<<$'process pid=5 program=p live_bytes=7 peak_bytes=9 flags=2\narena name=p live_bytes=7\nclass cell_bytes=16 in_use=2'
  libc=$(ldd "$BUILD/arenashim" | awk '/libc\.so/ { print $3 }')
  "$HERE/large.sh" 10000 50000 "$libc" | dump large.dump
  sed 's/tags=2/tags=2 sample_bytes=1000/; /^arena/s/total_allocs=[0-9]*/total_allocs=3/' "$HERE/small.txt" | dump sampled.dump
  sed -E '/^account site=0/s/$/ lives0=900 lives6=200/; /^account site=1/s/$/ lives2=70 lives3=30/' "$HERE/small.txt" | dump lives.dump
  for ((i = 1; i <= 20; i++)); do
    echo "arena number=$i name=w$i"
  done | cat - <(for ((i = 1; i <= 20; i++)); do echo "block number=$i arena=$i bytes=1048576 in_use=$i passed=65536"; done) |
    dump owners.dump
  for dump in small names lines untagged sampled large lives owners; do
    "$BUILD/arenashim" html $dump.dump -o $dump.html
  done
  "$BUILD/arenashim" html small.dump -o allocs.html --value allocs
  NODE_PATH=$BUILD/browser/node_modules node "$TOP/test/browser/html.js" {small,large,names,lines,untagged,sampled,allocs,lives,owners}.html "$BUILD"
}
