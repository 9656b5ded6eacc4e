"""The head of the record in a process's memory: asks for tags as the command does, without it."""
import os
import struct
import sys

# struct record_head and struct record_counts in record_format.h.
MAGIC, CONTROL_AT, SEEN_AT, PIECES_AT = b"\x89ARECORD", 216, 232, 16 << 10
COUNTS, COUNTS_BYTES, THREAD_AT = 2, 2048, 1628


class Head:
    """The record's head in the process's memory."""

    def __init__(self, pid):
        self.memory = os.open(f"/proc/{pid}/mem", os.O_RDWR)
        self.at = self.find(pid)
        self.sequence = self.read(CONTROL_AT)

    def find(self, pid):
        behind = 0
        for line in open(f"/proc/{pid}/maps", encoding="utf-8"):
            span, access = line.split()[:2]
            start, end = (int(n, 16) for n in span.split("-"))
            near = "arenashim" in line or start == behind
            behind = end if near else 0
            if near and access.startswith("rw"):
                for at in range(start, end, 4096):
                    if os.pread(self.memory, 8, at) == MAGIC:
                        return at
        sys.exit("no record in the process")

    def read(self, offset):
        return struct.unpack("<I", os.pread(self.memory, 4, self.at + offset))[0]

    def ask(self, sample_bytes, depth):
        self.sequence = (self.sequence + 1) & 0xffffffff
        os.pwrite(self.memory, struct.pack("<IQ", depth & 0xffffffff, sample_bytes),
                  self.at + CONTROL_AT + 4)
        os.pwrite(self.memory, struct.pack("<I", self.sequence), self.at + CONTROL_AT)

    def seen(self):
        return self.read(SEEN_AT) == self.sequence

    def joined(self):
        """Threads that have an arena, and how many of them have followed."""
        running = joined = 0
        pieces = os.pread(self.memory, 64 * 32, self.at + PIECES_AT)
        for address, _, size, kind, _ in struct.iter_unpack("<QQQII", pieces):
            counts = os.pread(self.memory, size, address) if kind == COUNTS else b""
            for at in range(0, len(counts), COUNTS_BYTES):
                thread, sequence, tagged = struct.unpack_from("<3I", counts, at + THREAD_AT)
                if thread != 0 and tagged == 0:  # a tagged arena's thread has another
                    running += 1
                    joined += sequence == self.sequence
        return running, joined
