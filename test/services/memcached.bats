# memcached: started by root, runs as nobody.
load service

@test "memcached -u nobody" {
  local port
  port=$(free_port)
  start memcached -u nobody -l 127.0.0.1 -p "$port" -m 64
  ask() {
    python3 - "$port" <<'END'
import socket, sys
s = socket.create_connection(("127.0.0.1", int(sys.argv[1])), 5)
f = s.makefile("rwb")
for i in range(1000):
    f.write(b"set k%d 0 0 %d\r\n%s\r\n" % (i, i, b"x" * i)); f.flush()
    assert f.readline() == b"STORED\r\n"
f.write(b"get k500\r\n"); f.flush()
assert f.readline() == b"VALUE k500 0 500\r\n" and f.readline() == b"x" * 500 + b"\r\n"
END
  }
  within 20 ask
  stop TERM
  dumps_of memcached 1
  only_dumps
  said_nothing
}
