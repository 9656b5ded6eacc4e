/* The names beside malloc's own: free's kin, glibc's aliases and statistics, jemalloc's interface.
 * How it is run: contract.h. */
#include "contract.h"
#include <dlfcn.h>

static bool under_shim(void) {
  Dl_info info;
  void *entry = dlsym(RTLD_DEFAULT, "malloc");
  return entry && dladdr(entry, &info) && strstr(info.dli_fname, "libarenashim");
}

/* An entry that glibc may lack, but the shim must have; NULL means: skip. */
static void *entry_of(const char *name) {
  void *entry = dlsym(RTLD_DEFAULT, name);
  CHECK(entry || !under_shim(), "%s expected to be exported, found missing", name);
  return entry;
}

static void case_free_kin(void) {
  void (*cfree_)(void *) = entry_of("cfree");
  void (*free_sized_)(void *, size_t) = entry_of("free_sized");
  void (*free_aligned_sized_)(void *, size_t, size_t) = entry_of("free_aligned_sized");
  for (size_t n = 0; n <= SMALL_END; n++) {
    if (cfree_)
      cfree_(must(malloc(n)));
    if (free_sized_) {
      free_sized_(must(malloc(n)), n);
      free_sized_(must(calloc(1, n)), n);
    }
    if (free_aligned_sized_)
      for (size_t a = 1; a <= 8192; a *= 2)
        free_aligned_sized_(must(aligned_alloc(a, n)), a, n);
  }
  if (cfree_)
    cfree_(NULL);
  if (free_sized_)
    free_sized_(NULL, 100);
  if (free_aligned_sized_)
    free_aligned_sized_(NULL, 64, 100);
}

/* The __libc_ names take each other's blocks and those of the plain names. */
static void case_aliases(void) {
  void *(*malloc_)(size_t) = entry_of("__libc_malloc");
  void *(*calloc_)(size_t, size_t) = entry_of("__libc_calloc");
  void *(*realloc_)(void *, size_t) = entry_of("__libc_realloc");
  void *(*memalign_)(size_t, size_t) = entry_of("__libc_memalign");
  void *(*valloc_)(size_t) = entry_of("__libc_valloc");
  void *(*pvalloc_)(size_t) = entry_of("__libc_pvalloc");
  void (*free_)(void *) = entry_of("__libc_free");
  int (*posix_memalign_)(void **, size_t, size_t) = entry_of("__posix_memalign");
  for (size_t n = 0; n <= SMALL_END; n++) {
    void *made[] = {malloc_(n),         calloc_(1, n),   realloc_(NULL, n), memalign_(64, n),
                    memalign_(8192, n), valloc_(n),      pvalloc_(n),       malloc(n),
                    memalign(256, n),   realloc(NULL, n)};
    for (size_t i = 0; i < sizeof made / sizeof *made; i++) {
      stamp(must(made[i]), n, i);
      void *p = i % 2 ? realloc_(made[i], n + 40) : realloc(made[i], n + 40);
      CHECK_STAMP(must(p), n / 8 * 8, i);
      (i % 3 ? free : free_)(p);
    }
    void *p = NULL;
    if (posix_memalign_ && posix_memalign_(&p, 128, n) == 0)
      free(p);
  }
}

static void case_mallopt(void) {
  static const int known[] = {M_MXFAST,         M_TRIM_THRESHOLD, M_TOP_PAD,
                              M_MMAP_THRESHOLD, M_MMAP_MAX,       M_CHECK_ACTION,
                              M_PERTURB,        M_ARENA_TEST,     M_ARENA_MAX};
  static const int values[] = {64, 1 << 20, 1 << 17, 1 << 17, 1000, 3, 0, 8, 8};
  for (size_t i = 0; i < sizeof known / sizeof *known; i++)
    CHECK(mallopt(known[i], values[i]) == 1, "mallopt(%d) expected 1, found another", known[i]);
}

/* Reports of other interfaces: callable, and of the documented shape. */
static void case_statistics(void) {
  free(must(malloc(100)));
  int trimmed = malloc_trim(0);
  CHECK(trimmed == 0 || trimmed == 1, "malloc_trim expected 0 or 1, found %d", trimmed);
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"
  struct mallinfo old = mallinfo();
#pragma GCC diagnostic pop
  struct mallinfo2 info = mallinfo2();
  CHECK(old.arena >= 0 && info.uordblks <= (size_t)1 << 46,
        "mallinfo expected sane, found %zu bytes in use", info.uordblks);
  char *text = NULL;
  size_t len = 0;
  FILE *f = open_memstream(&text, &len);
  int error = malloc_info(0, f);
  fclose(f);
  CHECK(error == 0, "malloc_info expected 0, found %d", error);
  CHECK(strncmp(text, "<malloc", 7) == 0 && strstr(text, "</malloc>"),
        "malloc_info expected <malloc ...>...</malloc>, found \"%.40s\"", text);
  free(text);
  int saved = dup(2), null = open("/dev/null", O_WRONLY);
  dup2(null, 2);
  malloc_stats();
  dup2(saved, 2);
  close(saved);
  close(null);
}

/* ---- jemalloc's own interface: whose block it is, the address tells ----------------------------
 */

#define MALLOCX_LG_ALIGN(lg) (lg)
#define MALLOCX_ZERO         0x40

static struct {
  void *(*mallocx)(size_t, int);
  void *(*rallocx)(void *, size_t, int);
  size_t (*xallocx)(void *, size_t, size_t, int);
  size_t (*sallocx)(const void *, int);
  void (*dallocx)(void *, int);
  void (*sdallocx)(void *, size_t, int);
  size_t (*nallocx)(size_t, int);
  int (*mallctl)(const char *, void *, size_t *, void *, size_t);
  int (*nametomib)(const char *, size_t *, size_t *);
  int (*bymib)(const size_t *, size_t, void *, size_t *, void *, size_t);
} je;

/* False where there is no jemalloc: under glibc. */
static bool je_find(void) {
  je.mallocx = entry_of("mallocx");
  je.rallocx = entry_of("rallocx");
  je.xallocx = entry_of("xallocx");
  je.sallocx = entry_of("sallocx");
  je.dallocx = entry_of("dallocx");
  je.sdallocx = entry_of("sdallocx");
  je.nallocx = entry_of("nallocx");
  je.mallctl = entry_of("mallctl");
  je.nametomib = entry_of("mallctlnametomib");
  je.bymib = entry_of("mallctlbymib");
  return je.mallocx != NULL;
}

static void *je_make(int kind, size_t n) {
  switch (kind) {
  case 0:
    return malloc(n);
  case 1:
    return je.mallocx(n, 0);
  case 2:
    return je.mallocx(n, MALLOCX_LG_ALIGN(8));
  default:
    return memalign(256, n);
  }
}

static void je_check_sizes(void *p, size_t n) {
  size_t real = je.sallocx(p, 0);
  CHECK(real >= n && real == malloc_usable_size(p),
        "sallocx expected at least %zu and malloc_usable_size's %zu, found %zu", n,
        malloc_usable_size(p), real);
  CHECK(je.nallocx(n, 0) >= n, "nallocx(%zu) expected at least that, found %zu", n,
        je.nallocx(n, 0));
  size_t now = je.xallocx(p, n + 8, 0, 0);
  CHECK(now >= n && now == je.sallocx(p, 0), "xallocx expected the usable size %zu, found %zu",
        je.sallocx(p, 0), now);
}

/* sdallocx takes any size from the one asked for to the usable one; that of 511 bytes is 512,
 * which would be jemalloc's. */
static void je_free(void *p, int way, size_t n) {
  switch (way % 4) {
  case 0:
    free(p);
    break;
  case 1:
    je.dallocx(p, 0);
    break;
  case 2:
    je.sdallocx(p, n, 0);
    break;
  default:
    je.sdallocx(p, je.sallocx(p, 0), 0);
  }
}

/* Made by one interface, resized by another, freed by a third. */
static void case_jemalloc_mixed(void) {
  if (!je_find())
    return;
  for (size_t n = 1; n <= 6000; n += n < SMALL_END ? 1 : 499)
    for (int kind = 0; kind < 4; kind++)
      for (int way = 0; way < 4; way++) {
        void *p = must(je_make(kind, n));
        stamp(p, n, n);
        je_check_sizes(p, n);
        size_t to = way & 1 ? n + 450 : n / 2 + 1;
        p = must(way & 2 ? je.rallocx(p, to, 0) : realloc(p, to));
        CHECK_STAMP(p, (to < n ? to : n) / 8 * 8, n);
        je_free(p, kind + way, to);
      }
}

/* Growing with MALLOCX_ZERO zeroes from the end of the old block's usable bytes. */
static void case_jemalloc_zero(void) {
  if (!je_find())
    return;
  for (size_t n = 1; n <= 2 * SMALL_END; n += 3) {
    unsigned char *p = must(je.mallocx(n, MALLOCX_ZERO));
    CHECK(all_zero(p, n), "mallocx(%zu, MALLOCX_ZERO) expected zeroes, found others", n);
    size_t usable = je.sallocx(p, 0);
    memset(p, 0x99, usable);
    p = must(je.rallocx(p, n + 700, MALLOCX_ZERO));
    CHECK(all_zero(p + usable, n + 700 - usable),
          "rallocx(%zu, MALLOCX_ZERO) expected zeroes, found others", n + 700);
    je.dallocx(p, 0);
  }
}

/* What became smaller elsewhere must not be taken for what it was when it is freed. */
static void case_jemalloc_shrunk(void) {
  if (!je_find())
    return;
  for (size_t n = 600; n <= 8192; n += 100)
    for (size_t to = 520; to < n; to += 80) {
      void *p = must(je.rallocx(must(malloc(n)), to, MALLOCX_ZERO));
      CHECK(je.sallocx(p, 0) >= to, "rallocx(%zu) expected %zu bytes, found fewer", to, to);
      free(p);
      p = must(malloc(n));
      CHECK(je.sallocx(p, 0) >= n, "malloc(%zu) expected as many bytes, found %zu", n,
            je.sallocx(p, 0));
      memset(p, 0x77, n);
      free(p);
    }
}

static void je_check_aligned(const void *p, const char *entry, size_t n, int lg) {
  CHECK(p && aligned_to(p, (size_t)1 << lg), "%s(%zu, LG_ALIGN(%d)) expected aligned, found %p",
        entry, n, lg, p);
}

/* A small block of a large alignment is jemalloc's, whatever size sdallocx is told. */
static void case_jemalloc_aligned(void) {
  if (!je_find())
    return;
  for (size_t n = 1; n <= 2 * SMALL_END; n += 3)
    for (int lg = 0; lg <= 14; lg++) {
      void *q = je.mallocx(n, MALLOCX_LG_ALIGN(lg));
      je_check_aligned(q, "mallocx", n, lg);
      q = je.rallocx(q, n + 100, MALLOCX_LG_ALIGN(lg));
      je_check_aligned(q, "rallocx", n + 100, lg);
      if (n % 2)
        je.sdallocx(q, n + 100, MALLOCX_LG_ALIGN(lg));
      else
        je.dallocx(q, MALLOCX_LG_ALIGN(lg));
    }
}

static void case_jemalloc_refused(void) {
  if (!je_find())
    return;
  char *p = must(malloc(100));
  fill(p, 100);
  CHECK(!je.rallocx(p, hide_size(SIZE_MAX), 0), "rallocx(SIZE_MAX) expected NULL, found a pointer");
  check_filled(p, 100, "a refused rallocx");
  CHECK(!je.mallocx(hide_size(SIZE_MAX), 0), "mallocx(SIZE_MAX) expected NULL, found a pointer");
  free(p);
}

static void case_jemalloc_mallctl(void) {
  if (!je_find())
    return;
  const char *version = NULL, *again = NULL;
  size_t size = sizeof version, mib[4], depth = 4;
  int error = je.mallctl("version", &version, &size, NULL, 0);
  CHECK(error == 0 && version, "mallctl(\"version\") expected 0, found %d", error);
  error = je.nametomib("version", mib, &depth);
  CHECK(error == 0, "mallctlnametomib expected 0, found %d", error);
  error = je.bymib(mib, depth, &again, &size, NULL, 0);
  CHECK(error == 0 && again == version, "mallctlbymib expected the same version, found %d", error);
}

static const struct contract_case cases[] = {
    {"free_kin", case_free_kin},
    {"aliases", case_aliases},
    {"mallopt", case_mallopt},
    {"statistics", case_statistics},
    {"jemalloc_mixed", case_jemalloc_mixed},
    {"jemalloc_zero", case_jemalloc_zero},
    {"jemalloc_shrunk", case_jemalloc_shrunk},
    {"jemalloc_aligned", case_jemalloc_aligned},
    {"jemalloc_refused", case_jemalloc_refused},
    {"jemalloc_mallctl", case_jemalloc_mallctl},
};

int main(int argc, char **argv) { run_cases(argc, argv, cases, sizeof cases / sizeof *cases); }
