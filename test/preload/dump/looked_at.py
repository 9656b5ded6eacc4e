"""looked_at.py pages PID: how many pages of its anonymous memory are present.
looked_at.py read PID: reads the first byte of each page of it, as a debugger may."""
import struct, sys

what, pid = sys.argv[1:]
present = 0
for line in open(f"/proc/{pid}/maps"):
    words = line.split()
    start, end = (int(x, 16) for x in words[0].split("-"))
    if len(words) > 5 and words[5] != "[heap]" or words[1][0] != "r" or end - start > 1 << 28:
        continue
    if what == "read":
        with open(f"/proc/{pid}/mem", "rb", 0) as mem:
            for at in range(start, end, 4096):
                mem.seek(at)
                mem.read(1)
    with open(f"/proc/{pid}/pagemap", "rb", 0) as pages:
        pages.seek(start // 4096 * 8)
        entries = pages.read((end - start) // 4096 * 8)
    present += sum(e >> 63 for e, in struct.iter_unpack("<Q", entries))
print(present)
