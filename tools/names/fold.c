/* The well-known allocation wrappers; contract in fold.h. */
#include "fold.h"
#include "say.h"

#include <stdlib.h>
#include <string.h>

static const char *const known[] = {
    /* the C library's */
    "malloc", "calloc", "realloc", "reallocarray", "posix_memalign", "aligned_alloc", "memalign",
    "valloc", "pvalloc", "__libc_malloc", "__libc_calloc", "__libc_realloc", "__libc_memalign",
    "__libc_valloc", "__libc_pvalloc", "__posix_memalign", "strdup", "__strdup", "strndup",
    "__strndup", "wcsdup", "asprintf", "__asprintf", "vasprintf", "__vasprintf", "__asprintf_chk",
    "__vasprintf_chk", "__vasprintf_internal", "_obstack_begin*", "_obstack_newchunk",
    /* jemalloc's */
    "mallocx", "rallocx", "xallocx",
    /* C++ */
    "operator new", "operator new[]", "std::allocator<*", "std::allocator_traits<*",
    "std::__new_allocator<*", "__gnu_cxx::new_allocator<*", "__gnu_cxx::__alloc_traits<*",
    "std::_Vector_base<*", "std::_Deque_base<*", "std::__detail::_Hashtable_alloc<*",
    "std::__allocate_guarded<*", "std::make_unique<*", "std::make_shared<*",
    "std::allocate_shared<*", "std::__shared_ptr<*", "std::__shared_count<*",
    "std::__1::allocator<*", "std::__1::allocator_traits<*", "std::__1::__allocate_at_least*",
    "std::__1::__libcpp_allocate*", "std::__1::__libcpp_operator_new*", "std::__1::make_unique*",
    "std::__1::make_shared*", "std::__1::allocate_shared*", "std::__1::__split_buffer<*",
    /* Rust */
    "__rust_alloc*", "__rust_realloc", "__rdl_alloc*", "__rdl_realloc", "__rg_alloc*",
    "alloc::alloc::*", "<alloc::alloc::Global as *", "std::alloc::*", "alloc::raw_vec::*",
    /* die when there is no memory: gnulib, git, binutils, gcc, bash */
    "xmalloc", "xcalloc", "xrealloc", "xreallocarray", "xstrdup", "xstrndup", "xmemdup", "xzalloc",
    "xnmalloc", "xnrealloc", "x2realloc", "x2nrealloc", "xcharalloc", "ximalloc", "xicalloc",
    "xirealloc", "xvasprintf", "xasprintf", "xmallocz", "xmemdupz", "do_xmalloc", "do_xmallocz",
    "sh_xmalloc", "sh_xrealloc", "xmalloc_*", "bfd_malloc", "bfd_realloc", "bfd_zmalloc",
    /* GLib */
    "g_malloc*", "g_realloc*", "g_try_malloc*", "g_try_realloc*", "g_strdup", "g_strndup",
    "g_strdup_printf", "g_strdup_vprintf", "g_memdup*", "g_slice_alloc*", "g_slice_copy",
    "standard_malloc", "standard_calloc", "standard_realloc",
    /* CPython */
    "PyMem_*", "_PyMem_*", "PyObject_Malloc", "PyObject_Calloc", "PyObject_Realloc",
    "_PyObject_Malloc", "_PyObject_Calloc", "_PyObject_Realloc", "pymalloc_alloc",
    /* sqlite3 */
    "sqlite3MemMalloc", "sqlite3MemRealloc", "sqlite3Malloc", "sqlite3MallocZero", "sqlite3Realloc",
    "sqlite3_malloc*", "sqlite3_realloc*", "sqlite3DbMalloc*", "sqlite3DbRealloc*",
    "sqlite3DbStrDup", "sqlite3DbStrNDup", "dbMallocRawFinish", "dbReallocFinish",
    "mallocWithAlarm",
    /* nginx, perl, redis, OpenSSL, LLVM, libuv */
    "ngx_alloc", "ngx_calloc", "ngx_memalign", "CRYPTO_strndup", "CRYPTO_memdup",
    "Perl_safesysmalloc", "Perl_safesyscalloc", "Perl_safesysrealloc", "zmalloc*", "zcalloc*",
    "zrealloc*", "ztrymalloc*", "ztrycalloc*", "ztryrealloc*", "zstrdup", "CRYPTO_malloc",
    "CRYPTO_zalloc", "CRYPTO_realloc", "CRYPTO_strdup", "llvm::allocate_buffer",
    "llvm::safe_malloc", "llvm::safe_calloc", "llvm::safe_realloc", "uv__malloc", "uv__calloc",
    "uv__realloc"};

enum { KNOWN = sizeof known / sizeof *known };

struct fold {
  char **added;
  size_t count;
};

struct fold *fold_new(void) {
  return must_zalloc(1, sizeof(struct fold));
}

void fold_add(struct fold *f, const char *name) {
  f->added = must_resize(f->added, f->count + 1, sizeof *f->added);
  f->added[f->count++] = must_copy(name);
}

void fold_free(struct fold *f) {
  if (f == NULL)
    return;
  for (size_t i = 0; i < f->count; i++)
    free(f->added[i]);
  free(f->added);
  free(f);
}

static bool is_match(const char *pattern, const char *name, size_t length) {
  size_t n = strlen(pattern);
  if (n > 0 && pattern[n - 1] == '*')
    return length >= n - 1 && memcmp(pattern, name, n - 1) == 0;
  return length == n && memcmp(pattern, name, n) == 0;
}

static bool added_holds(const struct fold *f, const char *name, size_t length) {
  for (size_t i = 0; i < f->count; i++)
    if (is_match(f->added[i], name, length))
      return true;
  return false;
}

static bool holds(const struct fold *f, const char *name, size_t length) {
  for (size_t i = 0; i < KNOWN; i++)
    if (is_match(known[i], name, length))
      return true;
  return added_holds(f, name, length);
}

bool fold_has_added(const struct fold *f) { return f->count > 0; }

bool fold_holds_address(const struct fold *f, const char *text) {
  return added_holds(f, text, strlen(text));
}

bool fold_holds(const struct fold *f, const char *name) {
  const char *clone = strstr(name, " [clone ");
  size_t length = strlen(name);
  size_t stem = clone != NULL ? (size_t)(clone - name) : strcspn(name, ".");
  return holds(f, name, length) || (stem < length && stem > 0 && holds(f, name, stem));
}
