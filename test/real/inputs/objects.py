# Objects whose numbers the test of reports knows; a dump is made while they live.
import os
import signal


class Point:
    pass


kept = [bytes(200) for i in range(7000)]  # 200 and 33 of Python's own
names = {f"name{i}": i for i in range(5000)}
points = [Point() for i in range(3000)]
big = bytearray(1 << 20)
os.kill(os.getpid(), signal.SIGUSR1)
os._exit(0)
