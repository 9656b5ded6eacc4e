load compare

# Eight megabytes that compress neither badly nor perfectly; the same every time.
sample='seq 1 600000 | awk "{ print \$1, \$1 * 7919 % 1000003 }"'

@test "xz and tar load the shim" {
  loads /usr/bin/xz --version
  loads /usr/bin/tar --version
}

@test "xz -T2: the same archive, and back" {
  same /bin/bash -ec "$sample >data
    xz -T2 -2 --block-size=2MiB -k data
    xz -l data.xz | awk 'NR == 2 { print \$1, \$2 }' # several blocks, or the threads had nothing to do
    xz -T2 -dc data.xz | cmp - data
    cksum data.xz"
  [[ $(cut -d' ' -f2 shim.out | head -1) -gt 3 ]]
}

@test "xz: a damaged archive" {
  same /bin/bash -c "seq 1 100000 | xz -1 | head -c 5000 | xz -dc 2>&1 | md5sum"
}

@test "tar with gzip and xz: pack, list, unpack, compare" {
  same /bin/bash -ec 'mkdir -p in/{a,b,c}/{d,e}; 
    for d in in/*/*; do for i in {1..40}; do seq $i 99 >$d/f$i; done; done
    tar --sort=name --mtime=@0 --owner=0 --group=0 --numeric-owner -czf t.tgz in
    tar --utc -tvf t.tgz | md5sum
    mkdir out && tar -xf t.tgz -C out && diff -r in out/in && gzip -l t.tgz
    tar -cJf t.txz in && tar -tf t.txz | wc -l'
}
