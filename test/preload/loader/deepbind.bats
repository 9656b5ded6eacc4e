# Plugins opened with RTLD_DEEPBIND use this malloc, and nothing else of dlopen changes.
load ../../common

setup() {
  PLUGIN=$BIN/deepbind_plugin.plugin.so
}

@test "memory crosses the border of a plugin opened with RTLD_DEEPBIND, both ways" {
  for mode in A=1 ARENASHIM_TAG=stack:8 ARENASHIM_DISABLE=1; do
    for how in '' dlmopen sealed; do
      run_shim $mode "$BIN/deepbind" "$PLUGIN" $how
      expect '$status == 7'
    done
  done
}

# What the flag is for: a plugin's own names, and those of its libraries, come before the program's.
@test "the plugin finds its own functions, data and allocator, not the program's" {
  gcc -shared -fPIC -o names.so -x c - <<<'
    int version = 2;
    int which(void) { return 20; }
    int ask(void) { return which() + version; }'
  gcc -shared -fPIC -fno-builtin -o own.so -x c - <<<'
    static char pool[1000];
    void *malloc(unsigned long n) { return n == 77 ? pool : 0; }
    int ask(void) { return malloc(77) == pool ? 22 : 1; }'
  gcc -rdynamic -o host -x c - <<<'
    #include <dlfcn.h>
    int version = 1;
    int which(void) { return 10; }
    int main(int n, char **v) {
      void *h = dlopen(v[1], RTLD_NOW | 8);
      int (*ask)(void) = h ? (int (*)(void))dlsym(h, "ask") : 0;
      return ask ? ask() : 2;
    }'
  for plugin in ./names.so ./own.so; do
    run ./host $plugin
    expect '$status == 22'
    run_shim ./host $plugin
    expect '$status == 22'
  done
}

# wrapper.so asks libc for mmap only when it is called; the plugin maps memory before.
@test "another library's wrapper of mmap behind us still reaches libc" {
  gcc -shared -fPIC -o wrapper.so -x c - <<<'
    void *dlsym(void *, const char *);
    void *mmap(void *a, unsigned long n, int p, int f, int d, long o) {
      static void *(*real)(void *, unsigned long, int, int, int, long);
      if (!real) real = (void *(*)(void *, unsigned long, int, int, int, long))dlsym((void *)-1, "mmap");
      return real(a, n, p, f, d, o);
    }'
  gcc -shared -fPIC -o maps.so -x c - <<<'
    #include <sys/mman.h>
    int ask(void) { return mmap(0, 4096, 3, 0x22, -1, 0) != MAP_FAILED ? 22 : 1; }'
  gcc -o host -x c - <<<'
    #include <dlfcn.h>
    #include <sys/mman.h>
    int main(int n, char **v) {
      void *h = dlopen("./maps.so", RTLD_NOW | 8);
      int (*ask)(void) = h ? (int (*)(void))dlsym(h, "ask") : 0;
      return mmap(0, 4096, 3, 0x22, -1, 0) != MAP_FAILED && ask ? ask() : 2;
    }'
  for order in "$SHIM:./wrapper.so" "./wrapper.so:$SHIM"; do
    for mode in A=1 ARENASHIM_DUMP=maps.%p.dump; do
      run env $mode LD_PRELOAD="$order" ./host
      expect '$status == 22'
    done
  done
}

@test "what is mapped by a plugin opened so stands in the books" {
  gcc -shared -fPIC -g -o maps.so -x c - <<<'
    #include <sys/mman.h>
    int mapper(void) { return mmap(0, 3 << 20, 3, 0x22, -1, 0) != MAP_FAILED; }'
  gcc -o host -x c - <<<'
    #include <dlfcn.h>
    int main(void) {
      void *h = dlopen("./maps.so", RTLD_NOW | 8);
      int (*mapper)(void) = h ? (int (*)(void))dlsym(h, "mapper") : 0;
      return mapper ? !mapper() : 2;
    }'
  run_shim ARENASHIM_DUMP=maps.dump ./host
  expect_ok
  "${TOOL:-$(dirname "$SHIM")/arenashim}" export maps.dump --format json >maps.json
  grep -q '"mapper"' maps.json
}

@test "where the flag must be taken off it is counted in the report's health, and said once by run" {
  run_shim ARENASHIM_STATS=1 "$BIN/deepbind" "$PLUGIN" sealed
  expect '$stderr == *" 1 "*"opened without RTLD_DEEPBIND"*'
  tool=${TOOL:-$(dirname "$SHIM")/arenashim}
  run --separate-stderr "$tool" run -o x.dump "$BIN/deepbind" "$PLUGIN" sealed
  (($(grep -c '^note: 1 libraries opened without RTLD_DEEPBIND' <<<"$output$stderr") == 1))
  for how in '' dlmopen; do
    run --separate-stderr "$tool" run -o y.dump "$BIN/deepbind" "$PLUGIN" $how
    refute grep -q DEEPBIND <<<"$output$stderr"
  done
}

# A plugin opens its dependency by its own RUNPATH, which dlopen reads of the library that called it.
@test "a plugin's RUNPATH and \$ORIGIN are those of the plugin" {
  mkdir -p plugins/parts
  gcc -shared -fPIC -o plugins/parts/libpart.so -x c - <<<'int part(void) { return 7; }'
  gcc -shared -fPIC -Wl,--enable-new-dtags,-rpath,'$ORIGIN/parts' -o plugins/opener.so -x c - <<<'
    #include <dlfcn.h>
    int open_part(int flags) {
      void *h = dlopen("libpart.so", RTLD_NOW | flags);
      int (*part)(void) = h ? (int (*)(void))dlsym(h, "part") : 0;
      return part ? part() : 1;
    }'
  gcc -o host -x c - <<<'
    #include <dlfcn.h>
    int main(void) {
      void *h = dlopen("./plugins/opener.so", RTLD_NOW);
      int (*open_part)(int) = h ? (int (*)(int))dlsym(h, "open_part") : 0;
      return open_part ? open_part(RTLD_GLOBAL * 0) == 7 && open_part(8) == 7 ? 7 : 1 : 2;
    }'
  run_shim ./host
  expect '$status == 7'
}

@test "dlopen and dlmopen are left by a jump" {
  for name in dlopen dlmopen; do
    objdump -d --no-show-raw-insn "$SHIM" |
      awk -v name="<$name>:" '/^$/ { on = 0 } on; $2 == name { on = 1 }' >code
    grep -q 'jmp  *\*' code
    refute grep -q call code
  done
}

@test "an unknown library fails as ever, and dlerror says which" {
  gcc -o missing -x c - <<<'
    #include <dlfcn.h>
    #include <string.h>
    int main(void) { return !dlopen("libnot-there.so", RTLD_NOW | 8) && strstr(dlerror(), "libnot-there.so") ? 7 : 1; }'
  run_shim ./missing
  expect '$status == 7'
}
