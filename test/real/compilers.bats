load compare

# Compiles to an object file, prints its checksum and the assembly's, links and runs.
build() { # COMPILER FLAGS...
  local cc="$* -ffile-prefix-map=\$PWD=." # the two runs have a directory each
  same /bin/sh -ec "cp $INPUTS/templates.cc t.cc
    $cc -S -o t.s t.cc
    $cc -c -o t.o t.s
    $cc -o t t.o
    ./t
    cksum t.s t.o t"
}

@test "g++ and clang++ load the shim" {
  loads /usr/bin/g++ --version
  loads /usr/bin/clang++ --version
  loads "$(g++ -print-prog-name=cc1plus)" --version
}

@test "g++: the same assembly, object and program from templates" {
  build /usr/bin/g++ -std=c++17 -O1 -g
}

@test "clang++: the same assembly, object and program from templates" {
  build /usr/bin/clang++ -std=c++17 -O1 -g
}

@test "g++: the same messages and status for a broken file" {
  want=1 same /bin/sh -c "echo compiling
    sed 's/largest(words)/largest(1)/' $INPUTS/templates.cc >t.cc
    g++ -std=c++17 -c t.cc"
}

@test "make -j2, ar, nm, ld" {
  same /bin/sh -ec "cp $INPUTS/Makefile . && make -j2 --no-print-directory -O"
}
