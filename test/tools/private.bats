# Pages and exports are never more readable than the dump they are made of.
load command

setup() {
  TOOL=$TOOLS/arenashim # the build with sanitizers
  dump d <"$HERE/small.txt"
  umask 022
}

# written: the rights of a page and of an export of d, new ones, or in place of files with these rights.
written() { # [OLD]
  rm -f d.html out
  if [[ ${1-} ]]; then
    touch d.html out
    chmod "$1" d.html out
  fi
  "$TOOL" html d >/dev/null
  "$TOOL" export d --format json -o out
  stat -c %a d.html out | xargs
}

@test "a new file: what the umask allows, without those who can't read the dump" {
  local rights
  while read -r dump rights; do
    chmod "$dump" d
    [[ $(written) == "$rights $rights" ]] || { echo "$dump: $(written), not $rights"; return 1; }
  done <<<$'600 600\n640 640\n644 644\n444 644\n604 604\n400 600'
}

@test "a file that is replaced: its own rights, without those who can't read the dump" {
  local rights old
  while read -r dump old rights; do
    chmod "$dump" d
    [[ $(written "$old") == "$rights $rights" ]] || { echo "$dump $old: $(written "$old"), not $rights"; return 1; }
  done <<<$'600 644 600\n640 666 660\n644 640 640\n644 755 755\n600 700 700'
}

@test "a file in the hands of another group has no more than what all may read" {
  ((EUID == 0)) || skip 'only root can give files away'
  chgrp 12345 d
  chmod 640 d
  [[ $(written) == '600 600' ]]
  chmod 644 d
  [[ $(written) == '644 644' ]]
}

@test "no name is open to others before it has its rights, where files without a name are not known" {
  chmod 600 d
  TOOL=$(realpath "$TOOLS/../..")/arenashim # a sanitizer does not run below strace
  local nameless
  strace -o trace -e trace=openat "$TOOL" html d >/dev/null
  nameless=$(grep -n O_TMPFILE trace | cut -d: -f1)
  strace -o trace -e trace=openat,fchmod,write -e inject="openat:error=EOPNOTSUPP:when=$nameless" "$TOOL" html d -o other
  [[ $(stat -c %a other) == 600 ]]
  [[ $(grep -n 'fchmod(' trace | cut -d: -f1 | head -1) -lt $(grep -nE 'write\([0-9]+, "<' trace | cut -d: -f1 | head -1) ]]
}
