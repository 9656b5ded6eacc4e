# Debug information in every form that linkers and compilers leave it in: compressed by zstd, split into .dwo files,
# packed into a .dwp; or one line that says what is missing.
load command

setup() {
  TOOL=$TOOLS/arenashim # the build with sanitizers
  unset DEBUGINFOD_URLS "${!ARENASHIM_@}"
  mkdir src && cd src || return
  cat >app.cc <<'C'
#include <cstdlib>
void *volatile kept[8];
namespace app {
struct Cache {
  __attribute__((noinline)) void fill(int x) { kept[0] = malloc(1000 + x); }
  inline __attribute__((always_inline)) void grow(int x) { kept[1] = malloc(2000 + x); }
};
} // namespace app
void other(int);
__attribute__((noinline)) void caller(app::Cache &c, int x) { c.fill(x); c.grow(x); asm volatile(""); }
int main(int n, char **) { app::Cache c; caller(c, n); other(n); return 0; }
C
  cat >other.cc <<'C'
#include <cstdlib>
void *volatile held;
static inline __attribute__((always_inline)) void inner(int x) { held = malloc(3000 + x); }
__attribute__((noinline)) void other(int x) { inner(x); asm volatile(""); }
C
}

ran() { rm -f d && ARENASHIM_DUMP=$PWD/d ARENASHIM_TAG=stack:8 LD_PRELOAD=$SHIM ./app; }

# built COMPILER WORD...: the program of both sources, and its dump.
built() {
  local compiler=$1
  shift
  "$compiler" -g -O1 "$@" -c app.cc && "$compiler" -g -O1 "$@" -c other.cc && "$compiler" -g "$@" -o app app.o other.o && ran
}

# whole [OPTION...]: functions, inlined ones and lines, without a word, but for the system's files that are not in $ROOT.
whole() {
  arenashim report d --no-fold ${ROOT:+--sysroot "$ROOT"} "$@"
  [[ ! $ROOT || $stderr != *" addresses are in files that are not here "* ]] || stderr=
  expect '$status == 0 && -z $stderr && $output == *"  app::Cache::fill (app.cc:5) < caller < main < "*'
  expect '$output == *"  app::Cache::grow (app.cc:6) < caller < main < "*'
  expect '$output == *"  inner (other.cc:3) < other < main < "*'
}

# missing NUMBER FILE [OPTION...]: functions and lines are there, what was inlined is not, and a line says so.
missing() {
  arenashim report d "${@:3}"
  expect '$status == 0 && $output == *"  app::Cache::fill (app.cc:5) < caller"* && $output == *"  other (other.cc:3) < main"*'
  expect '$(wc -l <<<"$stderr") == 1'
  [[ $stderr == *"/app: $1 of its files of split debug information are not here, or of another build ($2): inlined functions are not shown; put app.dwp beside it, or name the directory of such files with --debug-dir DIR" ]] ||
    { echo "$stderr"; return 1; }
}

@test "compressed by zstd: in the program, in its debug file, and its symbols too" {
  built g++
  cp app plain
  objcopy --compress-debug-sections=zstd app
  readelf -tW app | grep -q ZSTD
  whole
  objcopy --only-keep-debug app app.debug
  readelf -tW app.debug | grep -q ZSTD
  strip app
  mkdir debug && mv app.debug debug
  whole --debug-dir debug
}

@test "compressed by zstd and damaged: names without lines, and a line says so" {
  local at
  built g++
  objcopy --compress-debug-sections=zstd app
  at=$((16#$(readelf -SW app | sed -n 's/.* \.debug_info *PROGBITS *[0-9a-f]* \([0-9a-f]*\) .*/\1/p')))
  printf 'damage damage' | dd of=app bs=1 seek=$((at + 60)) conv=notrunc status=none
  touch -d @1 app
  arenashim report d
  expect '$status == 0 && $output == *"app::Cache::fill+0x"* && $(wc -l <<<"$stderr") == 1'
  # elfutils 0.189 and later decompress it themselves: what is found then is the damage below.
  expect '$stderr == *"/app: its "?("compressed ")"debug information is damaged: "*"restore the file"*'
}

@test "notes of both alignments in one segment, as mold has them" {
  built g++ -fuse-ld=mold
  whole
}

split=('g++ -gsplit-dwarf' 'g++ -gdwarf-4 -gsplit-dwarf' 'clang++ -gdwarf-5 -gsplit-dwarf' 'clang++ -gdwarf-4 -gsplit-dwarf'
  'clang++ -gdwarf-5 -gsplit-dwarf=single' 'g++ -gsplit-dwarf -gz=zlib')

@test "split debug information: beside, moved, lost, of another build" {
  local words
  for words in "${split[@]}"; do
    rm -rf ./app ./*.o ./*.dwo d far
    echo "# $words"
    # shellcheck disable=SC2086
    built $words
    whole
    mkdir far
    if [[ $words == *single ]]; then mv ./*.o far; else mv ./*.dwo far; fi
    missing 2 "$(cd far && ls | head -n 1 | sed 's/other/app/')"
    whole --debug-dir far
    (cd far && for file in *; do
      objcopy --compress-debug-sections=zstd "$file" && { readelf -tW "$file" | grep -q ZSTD || [[ $file == *.dwo ]]; }
    done)
    whole --debug-dir far
    mkdir -p "far/there$PWD" && mv far/*o "far/there$PWD" # a copy of the machine it was compiled on
    mv app "far/there$PWD" # and run
    ROOT=far/there whole
    mv "far/there$PWD/app" .
    cp "far/there$PWD"/*.*o far
    sed 's/3000/4000/' other.cc >changed.cc
    (cd far && ${words%% *} -g -O1 ${words#* } -c ../changed.cc -o other.o) # another id
    missing 1 "$(cd far && ls other.* | head -n 1)" --debug-dir far
  done
}

# packed PACKER WORD...: in a package beside the program, beside its debug file, in --debug-dir.
packed() {
  local packer=$1
  shift
  built "$@"
  "$packer" -e app -o app.dwp
  rm ./*.dwo ./*.o
  whole
  mkdir far && mv app.dwp far
  missing 2 app.dwo
  whole --debug-dir far
  cp far/app.dwp .
  head -c 3000 far/app.dwp >app.dwp
  missing 2 app.dwo
  whole --debug-dir far
}

@test "packages: of DWARF 5" { packed llvm-dwp clang++ -gdwarf-5 -gsplit-dwarf; }
# binutils' own from 2.44 on comes with its gold linker alone, which goes away.
@test "packages: of DWARF 4" { packed "$(basename "$(command -v dwp || command -v llvm-dwp)")" g++ -gdwarf-4 -gsplit-dwarf; }

@test "damaged packages: never a crash" {
  built clang++ -gdwarf-5 -gsplit-dwarf
  llvm-dwp -e app -o whole.dwp
  rm ./*.dwo ./*.o
  /usr/bin/python3 - whole.dwp <<'P'
import random, sys
whole = open(sys.argv[1], 'rb').read()
rng = random.Random(7)
for n in range(40):
    package = bytearray(whole)
    for _ in range(1 << n % 8):
        package[rng.randrange(len(package))] = rng.randrange(256)
    open(f'bad{n}', 'wb').write(package)
P
  local file
  for file in bad*; do
    mv "$file" app.dwp
    arenashim report d
    expect '$status == 0 && $output == *"app.cc:5"*' || { echo "$file"; return 1; }
  done
}
