# The page's chart of the time axis, in a browser: test/browser/timeline.js says what it shows.
load command

@test "the chart of a program over time in Chromium" {
  local build top
  build=$(dirname "$TOOL") top=$(realpath "$HERE/../..")
  LD_PRELOAD=$SHIM ARENASHIM_TAG=stack:8 ARENASHIM_DUMP=$PWD/d "$BIN/timeline_curve" 1500 >log
  "$TOOL" html d -o page.html
  "$TOOL" export --format json -o d.json d
  NODE_PATH=$build/browser/node_modules node "$top/test/browser/timeline.js" page.html d.json "$build"
}
