#!/usr/bin/env python3
"""What the EXAMPLES of a man page tell to do: man_examples.py PAGE DIRECTORY

Writes its programs (a display after `.\\" file: NAME`) into DIRECTORY and prints its commands (lines
that start with `$ `, and what continues them), one a line.
"""
import pathlib
import re
import sys

page, directory = map(pathlib.Path, sys.argv[1:])
examples = page.read_text().partition(".Sh EXAMPLES\n")[2].partition("\n.Sh ")[0].replace("\\e", "\\")

for name, text in re.findall(r'^\.\\" file: (\S+)\n\.Bd .*\n((?:[^.].*\n|\n)*)\.Ed', examples, re.M):
    (directory / name).write_text(text)
for command in re.findall(r"^\$ ((?:.*\\\n)*.*)$", examples, re.M):
    print(command.replace("\\\n", " "))
