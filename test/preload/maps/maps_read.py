"""Reads of a dump what concerns mappings, without the command: sections, sites, and health by name."""
import struct
import subprocess


class Maps:
    def __init__(self, file):
        data = open(file, "rb").read()
        count, item = struct.unpack_from("<II", data, 24)
        at = {}
        for i in range(count):
            number, bytes_, offset, items, _, _ = struct.unpack_from("<IIQQII", data, 40 + i * item)
            at[number] = (bytes_, offset, items)

        def rows(number, form, *names):
            bytes_, offset, items = at[number]
            assert struct.calcsize("<" + form) <= bytes_, number
            places = range(offset, offset + items * bytes_, bytes_)
            return [dict(zip(names, struct.unpack_from("<" + form, data, p))) for p in places]

        _, offset, items = at[1]
        strings = data[offset:offset + items]
        self.text = lambda p: strings[p:strings.index(b"\0", p)].decode()
        self.accounts = rows(17, "2I6Q", "arena", "site", "allocs", "bytes", "ranges", "live", "peak", "at_peak")
        self.ranges = rows(19, "3Q6I", "start", "end", "offset", "arena", "site", "kind", "protection", "flags", "zero")
        self.sites = rows(11, "2I", "node", "kind")
        self.nodes = rows(12, "2IQ2I", "parent", "module", "address", "kind", "zero")
        self.modules = rows(7, "3Q4I", "start", "end", "bias", "path", "build_id", "flags", "zero")
        health = rows(6, "2IQ", "name", "flags", "count")
        self.missed = next(h["count"] for h in health if "mmap" in self.text(h["name"]))

    def inner(self, site):
        """The innermost frame of a site; the root, if it has no path."""
        node, inner = self.sites[site]["node"], 0
        while node:
            node, inner = self.nodes[node]["parent"], node
        return self.nodes[inner]

    def module(self, site):
        """The file of that frame."""
        module = self.inner(site)["module"]
        return self.text(self.modules[module - 1]["path"]) if module else ""

    def function(self, site):
        """Its function."""
        n = self.inner(site)
        address = n["address"] - 1 - self.modules[n["module"] - 1]["bias"]
        run = ["addr2line", "-fe", self.module(site), hex(address)]
        return subprocess.run(run, capture_output=True, text=True, check=True).stdout.split()[0]
