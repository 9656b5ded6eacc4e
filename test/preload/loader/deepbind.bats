# Plugins opened with RTLD_DEEPBIND use this malloc, and nothing else of dlopen changes.
load ../../common

setup() {
  PLUGIN=$BIN/deepbind_plugin.plugin.so
}

@test "memory crosses the border of a plugin opened with RTLD_DEEPBIND, both ways" {
  for mode in A=1 ARENASHIM_TAG=stack:8 ARENASHIM_DISABLE=1; do
    run_shim $mode "$BIN/deepbind" "$PLUGIN"
    expect '$status == 7'
  done
}

@test "it is counted in the report's health, and said once by run" {
  run_shim ARENASHIM_STATS=1 "$BIN/deepbind" "$PLUGIN"
  expect '$stderr == *" 1 "*"opened without RTLD_DEEPBIND"*'
  tool=${TOOL:-$(dirname "$SHIM")/arenashim}
  run --separate-stderr "$tool" run -o x.dump "$BIN/deepbind" "$PLUGIN"
  (($(grep -c '^note: 1 libraries opened without RTLD_DEEPBIND' <<<"$output$stderr") == 1))
  run --separate-stderr "$tool" run -o y.dump /bin/ls
  refute grep -q DEEPBIND <<<"$output$stderr"
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

@test "dlopen is left by a jump" {
  objdump -d --no-show-raw-insn "$SHIM" | awk '/^$/ { on = 0 } on; $2 == "<dlopen>:" { on = 1 }' >code
  grep -q 'jmp  *\*' code
  refute grep -q call code
}

@test "an unknown library fails as ever, and dlerror says which" {
  gcc -o missing -x c - <<<'
    #include <dlfcn.h>
    #include <string.h>
    int main(void) { return !dlopen("libnot-there.so", RTLD_NOW | 8) && strstr(dlerror(), "libnot-there.so") ? 7 : 1; }'
  run_shim ./missing
  expect '$status == 7'
}
