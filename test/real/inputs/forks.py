"""Forks while four threads allocate; each child allocates, frees what it got from its parent, and says so."""
import os, threading, warnings

warnings.simplefilter("ignore", DeprecationWarning)  # Python 3.12 and later warn of such a fork, and name the pid

stop = False
def churn():
    while not stop:
        [str(n) for n in range(1000)]
threads = [threading.Thread(target=churn) for _ in range(4)]
for t in threads: t.start()
inherited = {str(n): [n] * 5 for n in range(5000)}
statuses = []
for n in range(40):
    pid = os.fork()
    if pid == 0:
        inherited.clear()
        own = [str(k) for k in range(5000)]
        os._exit(n if len(own) == 5000 else 99)
    statuses.append(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
stop = True
for t in threads: t.join()
print(statuses == list(range(40)), statuses)
