#!/usr/bin/python3
"""Serves a directory as debuginfod does, on loopback.  Usage: serve.py DIRECTORY FIFO

The port is written to the FIFO, so that who reads it there knows that the server listens.
"""
import functools
import http.server
import sys


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass


server = http.server.ThreadingHTTPServer(('127.0.0.1', 0), functools.partial(Quiet, directory=sys.argv[1]))
with open(sys.argv[2], 'w') as f:
    print(server.server_port, file=f)
server.serve_forever()
