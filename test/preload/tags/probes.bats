# The probes of provider otel_memory: notes that tools find, semaphores, and sums that are those of our books.
load ../../common

@test "readelf finds both, with their semaphores and the registers of a call" {
  readelf -nW "$SHIM" >notes
  grep -A5 'Provider: otel_memory' notes | tr -s ' \n' ' ' >words
  grep -q 'Name: alloc Location: 0x[0-9a-f]*, Base: 0x[0-9a-f]*, Semaphore: 0x[0-9a-f]* Arguments: 8@%rdi 8@%rsi 8@%rdx' words
  grep -q 'Name: free Location: 0x[0-9a-f]*, Base: 0x[0-9a-f]*, Semaphore: 0x[0-9a-f]* Arguments: 8@%rdi' words
  [[ $(grep -c 'Provider: otel_memory' notes) == 2 && $(grep -c 'Semaphore: 0x0*[,[:space:]]*$' notes) == 0 ]]
  # the base is where its section is, the semaphores are in writable memory
  local base
  base=$(sed -n 's/.*Base: 0x0*\([0-9a-f]*\),.*/\1/p;' notes | sort -u)
  readelf -SW "$SHIM" | grep -qE "\.stapsdt\.base +PROGBITS +0*$base "
  readelf -SW "$SHIM" | grep -qE '\.probes +PROGBITS .* WA '
}

# The program: requests of all sizes, of which some are freed, some resized, some by another thread.
CODE='
import ctypes, threading
c = ctypes.CDLL(None)
c.malloc.restype = c.realloc.restype = ctypes.c_void_p
c.free.argtypes = [ctypes.c_void_p]
c.realloc.argtypes = [ctypes.c_void_p, ctypes.c_size_t]
held = [c.malloc(17 * i % 3000 + 1) for i in range(40000)]
for i in range(0, 40000, 3): held[i] = c.realloc(held[i], 29 * i % 5000 + 1)
for p in held[::2]: c.free(p)
t = threading.Thread(target=lambda: [c.free(p) for p in held[1::4]]); t.start(); t.join()'

# agrees TRACE DUMP: sums of weights and what is still held are those of the dump; each free has its alloc.
agrees() {
  "$TOOL" export --format json "$2" >dump.json
  /usr/bin/python3 - "$1" <<'END'
import json, sys
held, total, allocs, frees = {}, 0, 0, 0
for line in open(sys.argv[1]):
    words = line.split()
    if len(words) == 4 and words[0] == "alloc":
        p, size, weight = (int(w) for w in words[1:])
        assert p not in held, "two objects at one place"
        assert weight >= size and (size == 0 or weight % size == 0), line
        held[p], total, allocs = weight, total + weight, allocs + 1
    elif len(words) == 2 and words[0] == "free":
        assert int(words[1]) in held, "a free of what was not sampled"
        del held[int(words[1])]
        frees += 1
accounts = json.load(open("dump.json"))["accounts"]
assert allocs > 500 and frees > 100, (allocs, frees)
assert total == sum(a["bytes"] for a in accounts), (total, sum(a["bytes"] for a in accounts))
assert sum(held.values()) == sum(a["live_bytes"] for a in accounts), (sum(held.values()), sum(a["live_bytes"] for a in accounts))
END
}

@test "gdb: the sums of weights are our books', and each free is of a sample" {
  cat >commands <<'END'
set pagination off
set breakpoint pending on
set environment LD_PRELOAD $SHIM
set environment ARENASHIM_SAMPLE 65536
set environment ARENASHIM_DUMP d
set environment ARENASHIM_TAG site
set startup-with-shell off
handle SIGUSR1 nostop
break -probe-stap otel_memory:alloc
commands
silent
printf "alloc %lu %lu %lu\n", $rdi, $rsi, $rdx
continue
end
break -probe-stap otel_memory:free
commands
silent
printf "free %lu\n", $rdi
continue
end
run
END
  sed -i "s|\$SHIM|$SHIM|" commands
  echo "$CODE" >p.py
  timeout 120 gdb -nx -batch -x commands --args /usr/bin/python3 p.py >trace 2>gdb.log </dev/null
  agrees trace d || { tail -n 5 trace gdb.log; return 1; }
}

@test "bpftrace, where the kernel lets it: the same" {
  command -v bpftrace >/dev/null || skip 'bpftrace is not installed'
  bpftrace -e 'uprobe:/lib/x86_64-linux-gnu/libc.so.6:getpid { exit(); } interval:ms:100 { exit(); }' >/dev/null 2>&1 ||
    skip 'the kernel lets no uprobe be set here'
  echo "$CODE" >p.py
  cp "$SHIM" lib.so # no other process has this one
  timeout -s INT 90 bpftrace -B none -e "BEGIN { printf(\"begin\n\"); }
    usdt:$PWD/lib.so:otel_memory:alloc { printf(\"alloc %lu %lu %lu\n\", arg0, arg1, arg2); }
    usdt:$PWD/lib.so:otel_memory:free { printf(\"free %lu\n\", arg0); }" >trace 2>bpftrace.log 3>&- &
  local reader=$!
  within 30 grep -q begin trace || { cat bpftrace.log; return 1; }
  env LD_PRELOAD="$PWD/lib.so" ARENASHIM_SAMPLE=16384 ARENASHIM_TAG=site ARENASHIM_DUMP=d /usr/bin/python3 p.py
  sleep 1 # its buffers
  kill -INT "$reader"
  wait "$reader" || true
  agrees trace d || { head -n 5 trace bpftrace.log; return 1; }
}

@test "with exact tags, and without any, nothing fires" {
  cat >commands <<END
set environment LD_PRELOAD $SHIM
set environment ARENASHIM_TAG site
set startup-with-shell off
break -probe-stap otel_memory:alloc
commands
printf "fired\n"
quit
end
run
END
  sed -i '1i set breakpoint pending on' commands
  echo 'x = [bytearray(5000) for i in range(1000)]' >p.py
  timeout 60 gdb -nx -batch -x commands --args /usr/bin/python3 p.py >trace 2>&1 </dev/null
  grep -q 'exited normally' trace
  refute grep -q fired trace
}
