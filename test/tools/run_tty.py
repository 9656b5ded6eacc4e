"""Runs a command on a terminal of its own and types: run_tty.py ROWS COLS [EXPECT TYPE]... -- COMMAND...

Each TYPE is sent once its EXPECT was printed, after what came before; ^C, ^Z and ^\\ are the keys,
an empty one types nothing.
All that the command prints goes to stdout; the exit status is the command's, 128+n for a signal.
"""
import fcntl, os, pty, signal, struct, sys, termios

KEYS = {"^C": "\x03", "^Z": "\x1a", "^\\": "\x1c"}
end = sys.argv.index("--")
rows, cols = map(int, sys.argv[1:3])
steps = list(zip(sys.argv[3:end:2], sys.argv[4:end:2]))

pid, terminal = pty.fork()
if pid == 0:
    fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", rows, cols, 0, 0))
    os.execvp(sys.argv[end + 1], sys.argv[end + 1:])
printed, seen = b"", 0


def give_up(*_):
    os.kill(pid, signal.SIGKILL)
    sys.stdout.buffer.write(printed)
    sys.exit(f"never printed: {steps[:1]}")


signal.signal(signal.SIGALRM, give_up)
signal.alarm(30)
while True:
    try:
        got = os.read(terminal, 65536)
    except OSError:
        break
    if not got:
        break
    printed += got
    while steps and (at := printed.find(steps[0][0].encode(), seen)) >= 0:
        seen = at + len(steps[0][0])
        typed = steps.pop(0)[1]
        if typed:
            os.write(terminal, KEYS.get(typed, typed + "\r").encode())
sys.stdout.buffer.write(printed.replace(b"\r\n", b"\n"))
status = os.waitpid(pid, 0)[1]
if steps:
    sys.exit(f"never printed: {steps[0][0]}")
sys.exit(os.waitstatus_to_exitcode(status) if os.WIFEXITED(status) else 128 + os.WTERMSIG(status))
