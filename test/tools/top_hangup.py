#!/usr/bin/env python3
"""Runs a command on a terminal whose other end is then closed. No signal says so, for the terminal is not its
session's own: the command must end by itself."""
import os
import pty
import subprocess
import sys

terminal, other = pty.openpty()
process = subprocess.Popen(sys.argv[1:], stdin=other, stdout=other, stderr=other, start_new_session=True)
os.close(other)
seen = b""
while b"LIVE" not in seen:
    seen += os.read(terminal, 4096)
os.close(terminal)
try:
    sys.exit(process.wait(timeout=10))
except subprocess.TimeoutExpired:
    process.kill()
    sys.exit("it does not end")
