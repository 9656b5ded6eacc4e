/* libunwind, opened and used; contract in unwinder.h. */
#include "unwinder.h"
#include "arch_stack.h"
#include "import.h"
#include "os.h"

#include <dlfcn.h>
#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#define UNW_LOCAL_ONLY
#include <libunwind.h>

typedef int (*access_mem_fn)(unw_addr_space_t, unw_word_t, unw_word_t *, int, void *);

static struct {
  int (*init_local)(unw_cursor_t *, unw_context_t *);
  int (*step)(unw_cursor_t *);
  int (*get_reg)(unw_cursor_t *, int, unw_word_t *);
  int (*set_caching_policy)(unw_addr_space_t, unw_caching_policy_t);
  int (*getcontext)(unw_context_t *);
  unw_accessors_t *(*get_accessors)(unw_addr_space_t);
  unw_addr_space_t *local; /* libunwind's variable */
  access_mem_fn access_mem;
} unwind;

enum { GOOD_PAGES = 4 };

/* The value of registers that are not known: not a valid address, and not 0 either, because
 * libunwind takes a word at address 0 for an undefined value, and that for the end of the stack. */
static const uintptr_t unknown_value = 0x7c0d000033330;

/* One use of libunwind by us.  Our access_mem recognises it by an address in it: libunwind passes
 * that of the cursor or the context (with flags in the low bits). */
struct session {
  unw_context_t context;
  unw_cursor_t cursor;
  uintptr_t good[GOOD_PAGES]; /* the last pages that could be read; 0: none */
  unsigned next_good;
  bool asked;                  /* our access_mem was called for it */
  struct session *interrupted; /* the same thread's, below this one; NULL: none */
};

/* The thread's session under way; NULL: none. */
static __thread __attribute__((tls_model("initial-exec"))) struct session *current;

/* ---- memory as libunwind sees it ---- */

static bool is_good(struct session *s, uintptr_t address) {
  uintptr_t page = address & -(uintptr_t)PAGE_BYTES;
  for (unsigned i = 0; i < GOOD_PAGES; i++)
    if (s->good[i] == page && page != 0)
      return true;
  if (!os_readable(page))
    return false;
  s->good[s->next_good++ % GOOD_PAGES] = page;
  return true;
}

static int read_word(struct session *s, uintptr_t address, unw_word_t *value) {
  const char *place = (const char *)address;
  s->asked = true;
  bool own = address - (uintptr_t)s < sizeof *s; /* a register of the context */
  if (!own && !(is_good(s, address) && is_good(s, address + sizeof *value - 1)))
    return -UNW_EUNSPEC;
  __builtin_memcpy(value, place, sizeof *value);
  return 0;
}

/* Replaces libunwind's access_mem, and passes the calls of its other users on to that. */
static int access_word(unw_addr_space_t space, unw_word_t address, unw_word_t *value, int write,
                       void *user) {
  struct session *s = current;
  if (s == NULL || (uintptr_t)user - (uintptr_t)s >= sizeof *s)
    return unwind.access_mem(space, address, value, write, user);
  return write ? -UNW_EREADONLYREG : read_word(s, address, value);
}

static void session_begin(struct session *s) {
  for (unsigned i = 0; i < GOOD_PAGES; i++)
    s->good[i] = 0;
  s->next_good = 0;
  s->asked = false;
  s->interrupted = current;
  current = s;
}

static void session_end(const struct session *s) { current = s->interrupted; }

/* ---- walking ---- */

/* The next frame's return address; 0 if there is none, and then *stepped says why: 0 at the
 * outermost frame, negative for an error. */
static uintptr_t next_frame(struct session *s, int *stepped) {
  unw_word_t ip = 0;
  *stepped = unwind.step(&s->cursor);
  if (*stepped <= 0 || unwind.get_reg(&s->cursor, UNW_REG_IP, &ip) < 0)
    return 0;
  return ip;
}

static unsigned walk(struct session *s, uintptr_t *out, unsigned n, bool *ended) {
  int stepped = 1;
  unsigned found = 0;
  *ended = false;
  while (found < n && (out[found] = next_frame(s, &stepped)) != 0)
    found++;
  *ended = found < n && stepped >= 0;
  return found;
}

struct walk_job {
  uintptr_t ra, sp, bp;
  uintptr_t *out;
  unsigned n, found;
  bool ended;
};

static void walk_run(void *argument) {
  struct walk_job *job = argument;
  struct session s;
  session_begin(&s);
  context_fill(&s.context, unknown_value);
  context_set(&s.context, job->ra, job->sp, job->bp);
  if (unwind.init_local(&s.cursor, &s.context) >= 0)
    job->found = walk(&s, job->out, job->n, &job->ended);
  session_end(&s);
}

unsigned unwinder_walk(uintptr_t ra, uintptr_t sp, uintptr_t rbp, uintptr_t *out, unsigned n,
                       bool *ended, void *stack_top) {
  struct walk_job job = {.ra = ra, .sp = sp, .bp = rbp, .out = out, .n = n};
  int saved = errno;
  on_stack(stack_top, walk_run, &job);
  errno = saved;
  *ended = job.ended;
  return job.found;
}

/* Steps until the cursor is where the frame at `frame` was called; false if it never is. */
static bool find_frame(struct session *s, uintptr_t frame, uintptr_t *ip) {
  int stepped;
  unw_word_t sp = 0;
  do {
    *ip = next_frame(s, &stepped);
    if (*ip == 0 || unwind.get_reg(&s->cursor, UNW_REG_SP, &sp) < 0)
      return false;
  } while (sp != frame);
  return true;
}

struct backtrace_job {
  uintptr_t frame, *out;
  unsigned n, found;
};

static void backtrace_run(void *argument) {
  struct backtrace_job *job = argument;
  struct session s;
  bool ended;
  session_begin(&s);
  unwind.getcontext(&s.context);
  if (job->n > 0 && unwind.init_local(&s.cursor, &s.context) >= 0 &&
      find_frame(&s, job->frame, &job->out[0]))
    job->found = 1 + walk(&s, job->out + 1, job->n - 1, &ended);
  session_end(&s);
}

unsigned unwinder_backtrace(const void *frame, uintptr_t *out, unsigned n, void *stack_top) {
  struct backtrace_job job = {.frame = (uintptr_t)frame, .out = out, .n = n};
  int saved = errno;
  on_stack(stack_top, backtrace_run, &job);
  errno = saved;
  return job.found;
}

/* ---- opening ---- */

struct symbol {
  const char *name;
  void *place; /* of the function pointer */
};

static bool find_symbols(void *library) {
  const struct symbol symbols[] = {
      {"_ULx86_64_init_local", &unwind.init_local},
      {"_ULx86_64_step", &unwind.step},
      {"_ULx86_64_get_reg", &unwind.get_reg},
      {"_ULx86_64_set_caching_policy", &unwind.set_caching_policy},
      {"_ULx86_64_local_addr_space", &unwind.local},
      {"_Ux86_64_getcontext", &unwind.getcontext},
      {"_Ux86_64_get_accessors", &unwind.get_accessors},
  };
  for (unsigned i = 0; i < sizeof symbols / sizeof symbols[0]; i++) {
    void *found = dlsym(library, symbols[i].name);
    if (found == NULL)
      return false;
    __builtin_memcpy(symbols[i].place, &found, sizeof found);
  }
  return true;
}

/* Replaces access_mem.  The library must have initialised itself before, which it does when the
 * caching policy is set. */
static bool take_accessors(void) {
  unw_accessors_t *accessors = unwind.get_accessors(*unwind.local);
  if (accessors == NULL || accessors->access_mem == NULL)
    return false;
  if (accessors->access_mem != access_word)
    unwind.access_mem = accessors->access_mem;
  accessors->access_mem = access_word;
  return true;
}

/* Takes a step whose answer is known.  False if the answer is another, or if libunwind did not read
 * memory through our access_mem for it. */
static __attribute__((noinline)) bool test_step(void) {
  static struct session s; /* one is enough: there are no other threads yet */
  int stepped = 0;
  session_begin(&s);
  unwind.getcontext(&s.context);
  uintptr_t ip = unwind.init_local(&s.cursor, &s.context) >= 0 ? next_frame(&s, &stepped) : 0;
  session_end(&s);
  return ip == (uintptr_t)__builtin_return_address(0) && s.asked;
}

/* libunwind 1.6 opens a pipe when it initialises itself, to try memory through it.  If that fails,
 * it opens the pipe when it first needs one, and with our access_mem it never does. */
static int no_pipe(int ends[2], int flags) {
  (void)ends, (void)flags;
  errno = EMFILE;
  return -1;
}

/* Has libunwind initialise itself, with caches off and without a pipe. */
static bool initialise(void *library) {
  struct import pipe2_import;
  int (*refuse)(int *, int) = no_pipe;
  void *by;
  __builtin_memcpy(&by, &refuse, sizeof by);
  import_replace(&pipe2_import, library, "pipe2", by);
  bool done = unwind.set_caching_policy(*unwind.local, UNW_CACHE_NONE) == 0;
  import_restore(&pipe2_import);
  return done;
}

/* Its memory is ours: not booked as what the program maps (api/mmap.c).  Within this library the
 * names stand for the system calls. */
static void map_for_us(void *library) {
  struct import forever;
  void *(*map)(void *, size_t, int, int, int, off_t) = mmap;
  int (*unmap)(void *, size_t) = munmap;
  void *by;
  __builtin_memcpy(&by, &map, sizeof by);
  import_replace(&forever, library, "mmap", by);
  __builtin_memcpy(&by, &unmap, sizeof by);
  import_replace(&forever, library, "munmap", by);
}

static bool has_library;

bool unwinder_open(void) {
  int saved = errno;
  void *library = dlopen("libunwind.so.8", RTLD_NOW | RTLD_LOCAL);
  has_library = library != NULL;
  if (has_library)
    map_for_us(library);
  bool ready = library != NULL && find_symbols(library) && initialise(library) &&
               take_accessors() && test_step();
  errno = saved;
  return ready;
}

const char *unwinder_trouble(void) {
  if (has_library)
    return "cannot be used: no memory for it, or a version we do not know";
  const char *why = dlerror();
  if (why != NULL && strstr(why, "No such file") != NULL)
    return "is not installed (Debian: libunwind8)";
  return "cannot be loaded: no memory, or not a file for this machine";
}
