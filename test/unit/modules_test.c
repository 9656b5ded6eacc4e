/* The table of modules: what is mapped, what came, what left, what stands where another stood. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fork_anywhere.h"
#include "module_table.h"
#include "modules.h"
#include "os.h"
#include "pieces.h"
#include "processor_time.h"

static const char a_path[] = PLUGINS "/modules_a.so", b_path[] = PLUGINS "/modules_b.so";
static char directory[] = "/tmp/modules_test.XXXXXX";

/* What was told since the last update(); and what left() answers. */
static unsigned departures, returns;
static uintptr_t departed, returned;
static struct module_kept kept = {.nodes = 7};

static struct module_kept left(unsigned i, uintptr_t start, uintptr_t end) {
  (void)i;
  assert_true(start < end);
  departures++;
  departed = start;
  return kept;
}

static void back(uint32_t nodes, uintptr_t start) {
  assert_int_equal(nodes, kept.nodes);
  returns++;
  returned = start;
}

static const struct module_events events = {left, back};

static void update(void) {
  departures = returns = 0;
  modules_refresh(&events);
  assert_false(modules_changed());
}

static void *open_library(const char *path) {
  void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
  assert_non_null(library);
  return library;
}

static const struct module *module_of(uintptr_t address) {
  int i = modules_find(address);
  return i < 0 ? NULL : modules_at((unsigned)i);
}

static uintptr_t code_of(void *library) { return (uintptr_t)dlsym(library, "call_from_plugin"); }

static void copy_file(const char *from, const char *to) {
  char command[512];
  unlink(to); /* another inode: what is mapped stays as it is */
  snprintf(command, sizeof command, "cp %s %s", from, to);
  assert_int_equal(system(command), 0); /* NOLINT */
}

/* What readelf says a file's build-id is. */
static void build_id_by_readelf(const char *path, char *hex, size_t size) {
  char command[512];
  snprintf(command, sizeof command, "readelf -n '%s' | sed -n 's/.*Build ID: //p'", path);
  FILE *f = popen(command, "r"); /* NOLINT */
  assert_non_null(f);
  hex[0] = 0;
  if (fgets(hex, (int)size, f) != NULL)
    hex[strcspn(hex, "\n")] = 0;
  pclose(f);
}

static void check_build_id(const struct module *m) {
  char told[128], own[2 * BUILD_ID_MAX + 1] = "";
  build_id_by_readelf(m->path, told, sizeof told);
  for (unsigned i = 0; i < m->build_id_bytes; i++)
    snprintf(own + 2 * i, 3, "%02x", m->build_id[i]);
  assert_string_equal(own, told);
}

static void test_start(void **state) {
  (void)state;
  char program[4096] = "";
  assert_true(readlink("/proc/self/exe", program, sizeof program - 1) > 0);
  errno = 77;
  update();
  assert_int_equal(errno, 77);
  const struct module *own = module_of((uintptr_t)&test_start);
  assert_non_null(own);
  assert_string_equal(own->path, program);
  assert_ptr_equal(own, modules_at(0));
  assert_true(own->build_id_bytes > 0);
  check_build_id(own);
  const struct module *libc = module_of((uintptr_t)dlsym(RTLD_DEFAULT, "gnu_get_libc_version"));
  assert_non_null(libc);
  assert_non_null(strstr(libc->path, "libc.so.6"));
  check_build_id(libc);
  Dl_info info;
  assert_true(dladdr((void *)&test_start, &info) != 0);
  assert_ptr_equal((void *)own->start, info.dli_fbase);
  const struct module *vdso = module_of(getauxval(AT_SYSINFO_EHDR));
  assert_true(vdso == NULL || strcmp(vdso->path, "linux-vdso.so.1") == 0);
  assert_int_equal(modules_find((uintptr_t)&program), -1);
  assert_int_equal(modules_find(0), -1);
  assert_int_equal(modules_bytes() + pieces_item_bytes(), os_mapped_bytes());
  unsigned before = modules_count();
  update();
  assert_int_equal(modules_count(), before);
  assert_int_equal(departures, 0);
}

static void test_come_and_go(void **state) {
  (void)state;
  update();
  unsigned before = modules_count();
  void *library = open_library(a_path);
  uintptr_t code = code_of(library);
  assert_true(modules_changed());
  assert_int_equal(modules_find(code), -1);
  update();
  assert_int_equal(modules_count(), before + 1);
  const struct module *m = module_of(code);
  assert_non_null(m);
  assert_string_equal(m->path, a_path);
  assert_int_equal(m->build_id_bytes, 0);
  dlclose(library);
  assert_true(modules_changed());
  update();
  assert_int_equal(departures, 1);
  assert_int_equal(departed, m->start);
  assert_true(m->gone);
  assert_int_equal(modules_find(code), -1);
  assert_int_equal(modules_count(), before + 1);
}

/* Between two refreshes one library leaves and another takes its place. */
static void replace(const char *first, const char *second, bool rewrite) {
  void *library = open_library(first);
  uintptr_t code = code_of(library);
  update();
  const struct module *old = module_of(code);
  assert_non_null(old);
  dlclose(library);
  if (rewrite)
    copy_file(b_path, second);
  library = open_library(second);
  bool there = code_of(library) == code;
  update();
  if (there) {
    assert_int_equal(departures, 1);
    assert_int_equal(departed, old->start);
    assert_true(old->gone && module_of(code) != NULL && module_of(code) != old);
    assert_string_equal(module_of(code)->path, second);
  }
  dlclose(library);
  update();
  if (!there)
    skip();
}

static void test_other_path(void **state) {
  (void)state;
  char path[128];
  snprintf(path, sizeof path, "%s/copy.so", directory);
  copy_file(a_path, path);
  replace(a_path, path, false);
}

static void test_other_file(void **state) {
  (void)state;
  char path[128];
  snprintf(path, sizeof path, "%s/same.so", directory);
  copy_file(a_path, path);
  replace(path, path, true);
}

static void test_same_again(void **state) {
  (void)state;
  void *library = open_library(a_path);
  uintptr_t code = code_of(library);
  update();
  unsigned before = modules_count();
  dlclose(library);
  library = open_library(a_path);
  bool there = code_of(library) == code;
  assert_true(modules_changed());
  update();
  assert_int_equal(departures, there ? 0 : 1);
  assert_int_equal(modules_count(), before);
  dlclose(library);
  update();
}

static void *open_elsewhere(const char *path, uintptr_t before) {
  mmap((void *)(before & -(uintptr_t)PAGE_BYTES), PAGE_BYTES, PROT_NONE,
       MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
  void *library = open_library(path);
  assert_int_not_equal(code_of(library), before);
  return library;
}

/* One that is referred to comes back to another address, before and after its leaving was noticed:
 * it is the same entry, and what refers to it is told. */
static void test_back_elsewhere(void **state) {
  (void)state;
  void *library = open_library(a_path);
  update();
  const struct module *m = module_of(code_of(library));
  unsigned before = modules_count(), life = m->life;
  for (int i = 0; i < 10; i++) {
    uintptr_t code = code_of(library);
    dlclose(library);
    if (i % 2 == 0)
      update();
    library = open_elsewhere(a_path, code);
    update();
    assert_int_equal(departures, i % 2);
    assert_int_equal(returns, 1);
    assert_ptr_equal(module_of(code_of(library)), m);
    assert_int_equal(returned, m->start);
    assert_string_equal(m->path, a_path);
    assert_int_equal(m->life, ++life);
  }
  assert_int_equal(modules_count(), before);
  dlclose(library);
  update();
}

/* Where nothing refers to what has left, its place is the next one's; but what can't be moved keeps
 * its own for ever. */
static void test_places(void **state) {
  (void)state;
  struct module_kept usual = kept;
  char path[128];
  for (int i = 0; i < 20; i++) {
    snprintf(path, sizeof path, "%s/place%d.so", directory, i);
    copy_file(a_path, path);
    kept = (struct module_kept){.addresses = i >= 10};
    unsigned before = modules_count();
    void *library = open_library(path);
    update();
    assert_string_equal(module_of(code_of(library))->path, path);
    dlclose(library);
    update();
    assert_int_equal(modules_count(), before + (i == 0 || i > 10));
  }
  kept = usual;
}

enum { MANY = 150 };

/* More than one chunk of entries and of names; nothing moves. */
static void test_many(void **state) {
  (void)state;
  static void *libraries[MANY];
  char path[128];
  update();
  unsigned before = modules_count();
  const struct module *first = modules_at(0);
  uint64_t bytes = modules_bytes();
  for (unsigned i = 0; i < MANY; i++) {
    snprintf(path, sizeof path, "%s/%0100u", directory, i);
    copy_file(i % 2 ? a_path : b_path, path);
    libraries[i] = open_library(path);
  }
  update();
  assert_int_equal(modules_count(), before + MANY);
  assert_ptr_equal(modules_at(0), first);
  for (unsigned i = 0; i < MANY; i++) {
    snprintf(path, sizeof path, "%s/%0100u", directory, i);
    assert_string_equal(module_of(code_of(libraries[i]))->path, path);
    dlclose(libraries[i]);
  }
  update();
  assert_int_equal(departures, MANY);
  assert_true(modules_bytes() > bytes &&
              modules_bytes() + pieces_item_bytes() == os_mapped_bytes());
}

/* ---- threads, forks ---- */

static int child;

static struct module_kept left_forks(unsigned i, uintptr_t start, uintptr_t end) {
  (void)i;
  unsigned before = modules_count();
  void *library = dlopen(b_path, RTLD_NOW | RTLD_LOCAL);
  modules_refresh(NULL); /* under way: nothing happens */
  assert_int_equal(modules_count(), before);
  child = fork();
  if (child == 0) {
    modules_refresh(NULL);
    bool held = modules_find(code_of(library)) == -1;
    modules_forget();
    modules_refresh(NULL);
    _exit(held && modules_find(code_of(library)) >= 0 ? 0 : 1);
  }
  dlclose(library);
  (void)start, (void)end;
  return kept;
}

static const struct module_events forking = {left_forks, back};

static void test_fork(void **state) {
  (void)state;
  void *library = open_library(a_path);
  update();
  dlclose(library);
  modules_refresh(&forking);
  int status = -1;
  assert_int_equal(waitpid(child, &status, 0), child);
  assert_int_equal(status, 0);
  update();
}

static sem_t leaving, forked;

static struct module_kept left_waits(unsigned i, uintptr_t start, uintptr_t end) {
  (void)i, (void)start, (void)end;
  sem_post(&leaving);
  sem_wait(&forked);
  return kept;
}

static const struct module_events waiting = {left_waits, back};

static void *refresh_waiting(void *unused) {
  modules_refresh(&waiting);
  return unused;
}

static uintptr_t left_at;

static void child_refreshes(void) {
  require(modules_forget() && modules_find(left_at) >= 0);
  require(!modules_forget());
  departures = 0;
  modules_refresh(&events);
  require(departures == 1 && modules_find(left_at) == -1);
}

/* A thread that was looking at what has left when it vanished: the child's refresh does it again.
 */
static void test_refresher_vanishes(void **state) {
  (void)state;
  pthread_t refresher;
  void *library = open_library(a_path);
  update();
  left_at = code_of(library);
  dlclose(library);
  sem_init(&leaving, 0, 0);
  sem_init(&forked, 0, 0);
  require(pthread_create(&refresher, NULL, refresh_waiting, NULL) == 0);
  sem_wait(&leaving);
  in_child(child_refreshes);
  sem_post(&forked);
  pthread_join(refresher, NULL);
  update();
}

/* Module number i of many that do not exist. */
static void add_module(unsigned i) {
  struct module m = {.start = (i + 1) * UINT64_C(0x100000),
                     .end = (i + 1) * UINT64_C(0x100000) + 1};
  char path[128];
  snprintf(path, sizeof path, "%0100u", i);
  require(table_add(&m, i, path) != NULL);
}

/* Do these bytes lie in one mapping? */
static bool is_mapped(uintptr_t at, size_t bytes) {
  for (unsigned i = 0; i < os_owned_count(); i++)
    if (at - os_owned[i].start < os_owned[i].bytes)
      return bytes <= os_owned[i].bytes - (at - os_owned[i].start);
  return false;
}

/* Wherever a thread vanished that was giving an entry its path: paths lie in their mapping. */
static void child_adds_modules(void) {
  for (unsigned i = 1; i < MANY; i++)
    add_module(i);
  for (unsigned i = 0; i < modules_count(); i++)
    require(is_mapped((uintptr_t)modules_at(i)->path, strlen(modules_at(i)->path) + 1));
}

static char first_path[101];

static void add_first(void) {
  struct module m = {.start = 0x100000, .end = 0x100001};
  require(table_add(&m, 0, first_path) != NULL);
}
static void fork_and_add(void) { in_child(child_adds_modules); }

static void adder_vanishes(void) {
  memset(first_path, 'x', sizeof first_path - 1);
  require(fork_anywhere(add_first, fork_and_add) > 100);
}
APART_BY_STEPS(adder_vanishes)

static _Atomic bool stop;

static void *refresh_often(void *argument) {
  while (!stop) {
    modules_refresh(NULL);
    for (unsigned i = 0; i < modules_count(); i++) {
      const struct module *m = modules_at(i);
      if (m->path == NULL || m->start >= m->end)
        return NULL;
    }
    modules_find((uintptr_t)argument);
  }
  return argument;
}

static void test_threads(void **state) {
  (void)state;
  enum { THREADS = 3 };
  pthread_t threads[THREADS];
  for (unsigned i = 0; i < THREADS; i++)
    assert_int_equal(pthread_create(&threads[i], NULL, refresh_often, &stop), 0);
  for (unsigned i = 0; i < 300; i++)
    dlclose(open_library(i % 2 ? a_path : b_path));
  stop = true;
  for (unsigned i = 0; i < THREADS; i++) {
    void *result;
    pthread_join(threads[i], &result);
    assert_ptr_equal(result, &stop);
  }
  update();
  unsigned standing = 0;
  for (unsigned i = 0; i < modules_count(); i++)
    standing += !modules_at(i)->gone && strstr(modules_at(i)->path, PLUGINS "/modules_") != NULL &&
                strstr(modules_at(i)->path, ".so") != NULL;
  assert_int_equal(standing, 0);
}

static void test_costs(void **state) {
  (void)state;
  enum { ROUNDS = 10000 };
  double begin = now_us();
  for (unsigned i = 0; i < ROUNDS; i++)
    assert_false(modules_changed());
  double middle = now_us();
  for (unsigned i = 0; i < ROUNDS / 100; i++)
    modules_refresh(NULL);
  double end = now_us();
  print_message("# changed %.3f us, refresh %.1f us (%u modules met so far)\n",
                (middle - begin) / ROUNDS, (end - middle) * 100 / ROUNDS, modules_count());
}

static int remove_directory(void **state) {
  (void)state;
  char command[64];
  snprintf(command, sizeof command, "rm -rf %s", directory);
  return system(command); /* NOLINT */
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_start),          cmocka_unit_test(test_come_and_go),
      cmocka_unit_test(test_other_path),     cmocka_unit_test(test_other_file),
      cmocka_unit_test(test_same_again),     cmocka_unit_test(test_back_elsewhere),
      cmocka_unit_test(test_places),         cmocka_unit_test(test_many),
      cmocka_unit_test(test_fork),           cmocka_unit_test(test_threads),
      cmocka_unit_test(test_costs),          cmocka_unit_test(test_refresher_vanishes),
      cmocka_unit_test(test_adder_vanishes),
  };
  test_thread = os_thread_id();
  if (mkdtemp(directory) == NULL)
    return 1;
  return cmocka_run_group_tests(tests, NULL, remove_directory);
}
