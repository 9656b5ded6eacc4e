#!/usr/bin/env python3
"""Runs a command on a terminal whose other end is closed, ignoring SIGHUP: it must end by itself, and not spin."""
import os
import pty
import signal
import sys
import time

signal.signal(signal.SIGHUP, signal.SIG_IGN)
pid, terminal = pty.fork()
if pid == 0:
    os.execv(sys.argv[1], sys.argv[1:])
seen = b""
while b"LIVE" not in seen:
    seen += os.read(terminal, 4096)
os.close(terminal)
end = time.monotonic() + 5
while time.monotonic() < end:
    done, status = os.waitpid(pid, os.WNOHANG)
    if done:
        sys.exit(os.waitstatus_to_exitcode(status))
    time.sleep(0.02)
os.kill(pid, signal.SIGKILL)
sys.exit("it does not end")
