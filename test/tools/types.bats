# The type that a row's function allocates by a wrapper or container, or by new: never a wrong one.
load command

setup() {
  unset DEBUGINFOD_URLS "${!ARENASHIM_@}"
}

# built COMPILER WORD...: types.cc, and its dump.
built() {
  rm -f d
  "$@" -std=gnu++17 -o types "$HERE/types.cc"
  ran
}
ran() { rm -f d && ARENASHIM_TAG=stack:24 ARENASHIM_DUMP=$PWD/d LD_PRELOAD=$SHIM ./types; }

right() { # [symbols]
  local wrong
  wrong=$("$TOOL" export d --format json | /usr/bin/python3 "$HERE/types_said.py" "$@")
  [[ -z $wrong ]] || { echo "$wrong"; return 1; }
}

@test "planted types: of both compilers, optimised and not" {
  local compiler level
  for compiler in g++ clang++; do
    for level in -O0 -O1 -O2; do
      echo "# $compiler $level"
      built $compiler -g $level
      right
    done
  done
}

@test "planted types: by symbols alone, and none where what was inlined is not known" {
  local compiler level
  for compiler in g++ clang++; do
    for level in -O0 -O2; do
      echo "# $compiler $level"
      built $compiler $level
      right symbols
      arenashim report d -n 0
      [[ $level != -O0 ]] || expect '$output == *"unique_session+0x"*" [Session] < main"*'
      [[ $level != -O0 ]] || expect '$output == *" [std::map<int, std::string>] < main"*'
      built $compiler $level -g1
      right symbols
    done
  done
}

@test "by symbols alone, two allocations of one make_unique have no type: either may be the object's own" {
  built g++ -O1 -fno-inline
  arenashim report d -n 0
  expect '$(grep -c "  unique_buffered+0x" <<<"$output") -ge 1 && $output != *"unique_buffered"*"[Buffered]"*'
  expect '$output == *"unique_far"*"[BufferedFar]"*'
}

@test "shown in each view after the line; rows of one line with different types are rows of their own" {
  built g++ -g -O1
  local view line
  line=$(grep -n 'void map_text' "$HERE/types.cc" | cut -d: -f1)
  arenashim report d -n 0
  [[ $(grep -o "map_text (types.cc:$line) \[.*\] < main" <<<"$output" | sort) == \
    "map_text (types.cc:$line) [std::map<int, std::string>] < main"$'\n'"map_text (types.cc:$line) [std::string] < main" ]]
  for view in leaks tree waste; do
    arenashim $view d -n 0 $([[ $view != tree ]] || echo --min 0)
    expect '$output == *"unique_session (types.cc:"*") [Session]"*'
  done
  arenashim report d -n 0 --no-fold
  expect '$output == *"std::make_unique<Session"*"unique_session (types.cc:"*") [Session] < main"*'
  arenashim export d --format collapsed
  expect '$output == *"main;unique_session "* && $output != *"[Session]"*'
  arenashim html d -o page.html
  grep -q '"std::map<int, std::string>"\|"std::map\\u003cint, std::string>"' page.html
  arenashim report d -n 0 --by function
  expect '$output == *"unique_session (types.cc)"* && $output != *"[Session]"*'
  TOOL=$TOOLS/arenashim # the build with sanitizers
  arenashim report d -n 0
  expect '$status == 0 && -z $stderr && $output == *"unique_session (types.cc:"*") [Session] < main"*'
}

@test "estimates say no type that only all allocations together prove" {
  built g++ -O2
  rm -f d && ARENASHIM_TAG=stack:24 ARENASHIM_SAMPLE=1 ARENASHIM_DUMP=$PWD/d LD_PRELOAD=$SHIM ./types
  arenashim report d -n 0
  expect '$output == *unique_session* && $output != *"unique_session"*"[Session]"*'
}
