#!/bin/bash
# Checks that every edit in the list of mutants still changes its file; builds and runs nothing.
# Usage: test/mutants/applies.sh [REGEXP]   only edits of files whose path matches
# Prints one line for each edit that changes nothing, and exits with 1 if there is one.
set -u
cd "$(dirname "$0")/../.." || exit 1
status=0
while IFS= read -r line; do
  case $line in
    '['*) name=$line ;;
    '' | '#'* | 'test: '* | 'limit: '*) ;;
    *': '*)
      file=${line%%: *}
      [[ $file =~ ${1-.} ]] || continue
      if [[ ! -f $file ]]; then
        echo "$name: there is no file $file"
      elif sed "${line#*: }" "$file" | cmp -s - "$file"; then
        echo "$name: changes nothing: $line"
      else
        continue
      fi
      status=1
      ;;
  esac
done <test/mutants/list
exit $status
