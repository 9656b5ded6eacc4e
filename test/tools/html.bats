# The page of `arenashim html`: that it is written, whole and current; test/browser/html.js looks at it.
load common

setup() {
  TOOL=$TOOLS/arenashim # the build with sanitizers
  TOP=$(realpath "$HERE/../..")
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

@test "the page is whole in itself: no address of another file" {
  "$TOOL" html small.dump
  ! sed '/<pre>/,/<\/pre>/d' small.dump.html | grep -oE '(src|href)="?[^#" ]*:?//|url\([^)]*|@import|import\(|fetch\(|XMLHttp'
}

@test "no text of the dump ends a script" {
  dump d <<<$'process pid=1 program=</script><!--<script> tags=2\nnode\n'
  arenashim html d -o - 
  expect '$status == 0 && $output == *"\\u003c/script>\\u003c!--\\u003cscript>"*'
}

@test "wrappers are folded, unless they are not to be" {
  "$TOOL" html small.dump --fold nothing >out
  arenashim html small.dump --no-fold -o -
  expect '$status == 0 && $output == *"</html>"'
}

@test "what can't be read or written: one line with the remedy" {
  arenashim html
  error 'html: name the FILE that ARENASHIM_DUMP made'
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
  dump untagged.dump <<<$'process pid=5 program=p live_bytes=7 peak_bytes=9 flags=2\narena name=p live_bytes=7\nclass cell_bytes=16 in_use=2'
  libc=$(ldd "$BUILD/arenashim" | awk '/libc\.so/ { print $3 }')
  "$HERE/large.sh" 10000 50000 "$libc" | dump large.dump
  for dump in small names untagged large; do
    "$BUILD/arenashim" html $dump.dump -o $dump.html
  done
  NODE_PATH=$BUILD/browser/node_modules node "$TOP/test/browser/html.js" {small,large,names,untagged}.html "$BUILD"
}
