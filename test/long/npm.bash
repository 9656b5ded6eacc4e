# npm_or_skip: the packages of test/long, in $NODE_PATH; without a network the test is skipped.
# shellcheck shell=bash
npm_or_skip() {
  local place=$TOP/build/long
  export NODE_PATH=$place/node_modules
  mkdir -p "$place"
  if ! cmp -s "$HERE/package-lock.json" "$NODE_PATH/lock"; then
    cp "$HERE"/package*.json "$place"
    (cd "$place" && npm ci --loglevel=error --no-audit --no-fund --ignore-scripts && cp package-lock.json node_modules/lock) >npm.log 2>&1 ||
      skip "npm can't fetch the packages: $(tail -n 1 npm.log)"
  fi
}
