/* libunwind behind its narrow door; contract in unwinder.h. */
#include "unwinder.h"
#include "arch_stack.h"
#include "import.h"
#include "os.h"

#include <dlfcn.h>
#include <errno.h>
#include <string.h>
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

/* What registers hold that we know nothing of: no address, and not 0 either, because libunwind
 * takes a word at address 0 for a value that is undefined: for the end of the stack. */
static const uintptr_t nowhere = 0x7c0d000033330;

/* One use of libunwind.  Our access_mem knows it by its address: libunwind passes the cursor's
 * or the context's (the low bits carry flags). */
struct session {
  unw_context_t context;
  unw_cursor_t cursor;
  uintptr_t good[GOOD_PAGES]; /* pages that can be read */
  unsigned next_good;
  bool asked;                  /* our access_mem was */
  struct session *interrupted; /* of the same thread */
};

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

/* The next frame's return address; 0 at the end, whose reason is *stepped (negative: an error). */
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
  context_fill(&s.context, nowhere);
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

/* The accessors are ours to replace once the library has initialised itself, which setting the
 * policy makes it do. */
static bool take_accessors(void) {
  unw_accessors_t *accessors = unwind.get_accessors(*unwind.local);
  if (accessors == NULL || accessors->access_mem == NULL)
    return false;
  if (accessors->access_mem != access_word)
    unwind.access_mem = accessors->access_mem;
  accessors->access_mem = access_word;
  return true;
}

/* A step whose answer is known: if libunwind asked anybody but us, the door is not tight. */
static __attribute__((noinline)) bool is_understood(void) {
  static struct session s; /* the only one: no other thread is here yet */
  int stepped = 0;
  session_begin(&s);
  unwind.getcontext(&s.context);
  uintptr_t ip = unwind.init_local(&s.cursor, &s.context) >= 0 ? next_frame(&s, &stepped) : 0;
  session_end(&s);
  return ip == (uintptr_t)__builtin_return_address(0) && s.asked;
}

/* libunwind 1.6 opens a pipe as it initialises itself, to try memory through it, and takes a
 * refusal well: it opens the pipe when it needs it, which is never for us. */
static int no_pipe(int ends[2], int flags) {
  (void)ends, (void)flags;
  errno = EMFILE;
  return -1;
}

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

static bool has_library;

bool unwinder_open(void) {
  int saved = errno;
  void *library = dlopen("libunwind.so.8", RTLD_NOW | RTLD_LOCAL);
  has_library = library != NULL;
  bool ready = library != NULL && find_symbols(library) && initialise(library) &&
               take_accessors() && is_understood();
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
