#!/usr/bin/python3
"""A server that takes profiles as Pyroscope and Parca do, and keeps each request as it came.

  push_server.py DIRECTORY ANSWER... [--tls PEM]

Writes DIRECTORY/port when it listens; the N-th request goes to N.head and N.body.  Answers are given in their order, the
last one for ever: a status, STATUS:SECONDS with a Retry-After, `slow` (none), `cut` (the connection ends), or `early` (it ends
before the profile was read).
"""
import http.server
import pathlib
import ssl
import sys
import time

place = pathlib.Path(sys.argv[1])
words = sys.argv[2:]
pem = None
if "--tls" in words:
    at = words.index("--tls")
    pem = words[at + 1]
    del words[at:at + 2]
seen = 0


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        global seen
        answer = words[min(seen, len(words) - 1)]
        seen += 1
        if answer == "early":
            self.close_connection = True
            return
        body = self.rfile.read(int(self.headers["Content-Length"]))
        (place / f"{seen}.body").write_bytes(body)
        (place / f"{seen}.head").write_text(self.requestline + "\n" + str(self.headers))
        if answer == "slow":
            time.sleep(20)
        if answer in ("cut", "slow"):
            self.close_connection = True
            return
        status, _, after = answer.partition(":")
        text = b"" if status == "200" else b"the server's words\nand more"
        self.send_response(int(status))
        if after:
            self.send_header("Retry-After", after)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, *_):
        pass


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_):
        pass


server = Server(("127.0.0.1", 0), Handler)
if pem:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)
    server.socket = context.wrap_socket(server.socket, server_side=True)
(place / "port.new").write_text(str(server.server_address[1]))
(place / "port.new").rename(place / "port")
server.serve_forever()
