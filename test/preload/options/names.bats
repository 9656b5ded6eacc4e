# What reports and dumps call a program: its file's name at exec, whatever it writes over its arguments, and never
# what could choose a directory.
load ../../common
ROOM=----------------------------------------------------------------------

# names PROGRAM [ARG...]: runs it with a dump and a report in an empty directory; the files there, in one line.
names() {
  rm -rf out && mkdir out
  run_shim ARENASHIM_DUMP="$PWD/out/%e.dump" ARENASHIM_STATS="$PWD/out/%e.txt" "$@"
  echo "stderr: $stderr"
  output=$(cd out && ls -A | tr '\n' ' ')
}

title_of() { sed -nE '1s/^== arenashim [^ ]+: (.*), pid [0-9]+, at exit$/\1/p' out/*.txt; }

@test "a title over the arguments changes neither file names, nor the report's title, nor the dump's program" {
  cp "$BIN/title" worker
  for title in "worker: serving /srv/data" ../../../../tmp/zz . .. "" $'\e[31mred\nline'; do
    names ./worker return "$title" "$ROOM"
    expect '$output == "worker.dump worker.txt "'
    [[ $(title_of) == worker && $(process_field out/*.dump program) == worker ]]
  done
}

@test "a dump by call has the name, too" {
  names "$BIN/title" dump other/name "$ROOM"
  [[ -s called.title ]]
}

@test "odd names of files: what is not a letter, a digit or . _ + - becomes _, 64 bytes at most" {
  long=$(printf '%0200d' 0)
  while IFS== read -r name cleaned; do
    cp "$BIN/exit_paths" "$name"
    names "./$name" exit
    expect "\$output == '$cleaned.dump $cleaned.txt '"
    [[ $(title_of) == "$cleaned" && $(process_field out/*.dump program) == "$cleaned" ]]
  done <<<"a b=a_b
größe=gr____e
a;b\$c=a_b_c
c++-1.2=c++-1.2
...=_..
%p=_p
$long=${long:0:64}"
}

@test "a program that ld.so was started with has its own name" {
  cp "$BIN/exit_paths" own
  for words in "" "--argv0 zz"; do
    # shellcheck disable=SC2086 # words
    names /lib64/ld-linux-x86-64.so.2 $words ./own exit
    expect '$output == "own.dump own.txt "'
  done
}

@test "a script has its interpreter's name, a link its own" {
  printf '#!%s\n' "$BIN/title" >script # its argument is the script's path: too few words
  chmod +x script
  names ./script
  expect '$output == "title.dump title.txt "'
  ln -s "$BIN/exit_paths" link
  names ./link exit
  expect '$output == "link.dump link.txt "'
}

@test "a program whose file was deleted before it started, by its descriptor, keeps its name" {
  cp "$BIN/exit_paths" worker
  names bash -c 'exec 9<worker; rm worker; exec /proc/self/fd/9 exit'
  expect '$output == "rm.dump rm.txt worker.dump worker.txt "'
}

@test "a host's name is cleaned, too" {
  unshare -u true 2>/dev/null || skip "a host's name of its own needs root"
  run unshare -u bash -c 'echo "$1" >/proc/sys/kernel/hostname; mkdir out; env LD_PRELOAD="$2" ARENASHIM_STATS="$PWD/out/%h" "$3" exit; ls out' \
    - 'a b/../c' "$SHIM" "$BIN/exit_paths"
  expect '$output == *a_b_.._c'
}

@test "the command line is the program and the number of arguments, or with ARENASHIM_COMMAND=1 the whole" {
  names "$BIN/title" return gone --password=hunter2
  [[ $(process_field out/*.dump command) == "title (3 arguments)" ]]
  refute grep -q hunter2 out/*
  export ARENASHIM_COMMAND=1
  names "$BIN/title" return gone --password=hunter2
  [[ $(process_field out/*.dump command) == "$BIN/title return gone --password=hunter2" ]]
  grep -qx "   command $BIN/title return gone --password=hunter2" out/title.txt
  export ARENASHIM_COMMAND=0
  names "$BIN/exit_paths" exit
  [[ $(process_field out/*.dump command) == "exit_paths (1 argument)" ]]
  names /bin/true
  [[ $(process_field out/*.dump command) == true ]]
}

@test "ARENASHIM_COMMAND: bad values" {
  for value in '' 2 yes; do
    run_shim ARENASHIM_COMMAND="$value" "$BIN/exit_paths" exit
    expect '$status == 7 && $stderr == "arenashim: ARENASHIM_COMMAND=$value: legal is 1 or 0; using 0"'
  done
}
