# test/README.md, the map of the tests: every path that it names exists, and it names every part of the code and
# every file of tests, by its folder or its name.
load common
cd "$TOP" || exit

# Paths and patterns as the map has them; and what each stands for, from the top or from test/.
paths() { grep -oE '`[A-Za-z0-9_./*-]+`' test/README.md | tr -d '`' | grep -E '/|\.bats$|\.bash$' | sort -u; }
stands_for() { compgen -G "${1%/}" || compgen -G "test/${1%/}"; }

@test "every path that it names exists" {
  local path missing=
  (($(paths | wc -l) > 60))
  while read -r path; do stands_for "$path" >/dev/null || missing+=" $path"; done < <(paths)
  [[ -z $missing ]] || { echo "in test/README.md, but not here:$missing"; return 1; }
}

@test "every part of the code and every file of tests is named" {
  local path missing=
  declare -A named
  while read -r path; do named[$path]=1; done < <(for path in $(paths); do stands_for "$path" || true; done)
  for path in shim/*/ tools/*/ test/*.bats test/*/*.bats test/*/*_test.c test/preload/*/*.bats; do
    path=${path%/}
    [[ ${named[$path]-} || ${named[${path%/*}]-} ]] || missing+=" $path"
  done
  [[ -z $missing ]] || { echo "not in test/README.md:$missing"; return 1; }
}
