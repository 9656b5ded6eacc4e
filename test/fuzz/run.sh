#!/bin/bash
# Runs the fuzzer of the dump's reader for a bounded time, from seeds that make_dump writes.
# Usage: test/fuzz/run.sh BUILD SECONDS     the corpus grows in BUILD/fuzz/corpus; crashes go to BUILD/fuzz
set -e -u
build=$1 seconds=$2
here=$(dirname "$0")
corpus=$build/fuzz/corpus
mkdir -p "$corpus"
for seed in "$here"/seeds/*.txt "$here"/../tools/small.txt; do
  name=$(basename "$seed" .txt)
  "$build/test/tools/make_dump" "$corpus/seed-$name" <"$seed"
done
# Leaks count; one input may take 5 s and 1 GiB.
"$build/test/fuzz/dump_fuzz" -max_total_time="$seconds" -timeout=5 -rss_limit_mb=1024 -max_len=16384 \
  -artifact_prefix="$build/fuzz/" -print_final_stats=1 "$corpus"
