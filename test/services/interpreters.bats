# Services in interpreters: node under SIGTERM, gunicorn's workers, a Go program that calls C.
load service

@test "node under SIGTERM, as run starts it" {
  local port
  port=$(free_port)
  cat >server.js <<END
require('http').createServer((q, r) => r.end('hello from node\n')).listen($port, '127.0.0.1');
END
  start_run "$(command -v node)" server.js
  within 20 curl -fs "http://127.0.0.1:$port/"
  stop TERM
  dumps_of node 1 run
}

@test "gunicorn and its workers" {
  local port
  port=$(free_port)
  cat >app.py <<'END'
def app(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [b"hello from gunicorn\n"]
END
  start_run gunicorn -w 2 -b "127.0.0.1:$port" app:app
  within 20 curl -fs "http://127.0.0.1:$port/"
  for _ in {1..20}; do [[ $(curl -fs "http://127.0.0.1:$port/") == 'hello from gunicorn' ]] || return; done
  stop TERM
  dumps_of "$(basename "$(readlink -f /usr/bin/python3)")" 3 run
}

@test "a Go program that calls C" {
  command -v go || skip 'no go'
  mkdir cgo && cat >cgo/main.go <<'END'
package main

// #include <stdlib.h>
// #include <string.h>
// static void *keep(size_t n) { void *p = malloc(n); memset(p, 1, n); return p; }
import "C"
import "fmt"

func main() {
	sum := 0
	done := make(chan int)
	for g := 0; g < 8; g++ {
		go func() {
			for i := 0; i < 1000; i++ {
				p := C.keep(C.size_t(i + 1))
				if i%10 != 0 {
					C.free(p)
				}
			}
			done <- 1
		}()
	}
	for g := 0; g < 8; g++ {
		sum += <-done
	}
	fmt.Println("goroutines", sum)
}
END
  (cd cgo && HOME=$place GOCACHE=$place/cache GOFLAGS=-mod=mod go mod init cgo && HOME=$place GOCACHE=$place/cache \
    CGO_ENABLED=1 go build -o ../cgo-program .) >build.log 2>&1
  start ./cgo-program
  wait "$service"
  service=
  grep -q 'goroutines 8' service.log
  # Go ends its process by a system call of its own: no dump is promised, a full run is.
  refute grep -a 'arenashim:' service.log
}
