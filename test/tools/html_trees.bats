# The page's two trees, top-down and bottom-up, in a browser: test/browser/trees.js says what each shows.
load command

@test "the two trees of a program in Chromium" {
  local build top
  build=$(dirname "$TOOL") top=$(realpath "$HERE/../..")
  gcc -std=gnu17 -O0 -g -fno-builtin -o paths "$HERE/paths.c"
  LD_PRELOAD=$SHIM ARENASHIM_TAG=stack:8 ARENASHIM_DUMP=$PWD/d ./paths
  "$TOOL" html d -o page.html
  NODE_PATH=$build/browser/node_modules node "$top/test/browser/trees.js" page.html "$HERE/paths.c" "$build"
}
