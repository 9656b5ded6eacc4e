#!/bin/bash
# Prints the description of a large dump: SITES call sites, each with a path of its own, NODES nodes.
# Usage: test/tools/large.sh SITES NODES FILE     FILE: an ELF file with a build-id, for the names
set -e -u
id=$(readelf -n "$3" | sed -n 's/.*Build ID: //p')
text=$(readelf -WS "$3" | sed -n 's/^ *\[ *[0-9]*\] \.text  *PROGBITS  *\([0-9a-f]*\) [0-9a-f]* \([0-9a-f]*\).*/\1 \2/p')
awk -v sites="$1" -v nodes="$2" -v file="$3" -v id="$id" -v start="$((16#${text% *}))" \
  -v size="$((16#${text#* }))" 'BEGIN {
  print "process pid=1 program=large tags=2 depth=8 unix_time=1700000000"
  print "arena name=large"
  base = 139637976727552 # 0x7f0000000000
  printf "module start=%.0f end=%.0f bias=%.0f path=%s build_id=%s\n", base, base + start + size + 1, base, file, id
  srand(1)
  print "node"
  for (i = 1; i < nodes; i++)
    printf "node parent=%d kind=1 module=1 address=%.0f\n", i % 50 < 2 ? 0 : int(i - 1 - rand() * (i < 9 ? i : 8)), base + start + 1 + int(rand() * size / 64) * 64 % size
  for (i = 0; i < sites; i++)
    printf "site node=%d\naccount site=%d allocs=%d live_bytes=%d peak_bytes=%d smallest=8 largest=99\n", 1 + i * int(nodes / sites), i, i + 1, i * 7919 % 1000003, i * 7919 % 1000003 + i
}'
