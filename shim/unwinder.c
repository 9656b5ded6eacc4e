/* libunwind behind its narrow door; contract in unwinder.h.
 *
 *   learn   one step from sp = A, rbp = B:  CFA - A fits 32 bits      RULE_SP
 *                                           CFA - B fits 32 bits      RULE_BP
 *                                           neither                   RULE_NEVER
 *
 * A and B, and what all other registers hold, are far from one another and no addresses at all:
 * a 32-bit distance fits one of them only.  One step is a proof, because cfi.h let only code pass
 * whose CFA is a register and an offset.  Whatever libunwind reads on the way, it gets FAKE_WORD.
 * (DWARF expressions it would evaluate by plain loads: the other reason for cfi.h.)
 */
#include "unwinder.h"
#include "../arena/os.h"
#include "arch_stack.h"
#include "cfi.h"

#include <dlfcn.h>
#include <errno.h>
#include <sys/syscall.h>
#include <unistd.h>

#define UNW_LOCAL_ONLY
#include <libunwind.h>

typedef int (*access_mem_fn)(unw_addr_space_t, unw_word_t, unw_word_t *, int, void *);

static struct {
  int (*init_local)(unw_cursor_t *, unw_context_t *);
  int (*step)(unw_cursor_t *);
  int (*get_reg)(unw_cursor_t *, int, unw_word_t *);
  int (*get_save_loc)(unw_cursor_t *, int, unw_save_loc_t *);
  int (*set_caching_policy)(unw_addr_space_t, unw_caching_policy_t);
  int (*getcontext)(unw_context_t *);
  unw_accessors_t *(*get_accessors)(unw_addr_space_t);
  unw_addr_space_t *local; /* libunwind's variable */
  access_mem_fn access_mem;
} unwind;

enum { GOOD_PAGES = 4, FAKE_WORD = 0x5a5a8 };

/* What registers hold that we know nothing of: no address, and not 0 either, because libunwind
 * takes a word at address 0 for a value that is undefined: for the end of the stack. */
static const uintptr_t nowhere = 0x7c0d000033330;

/* What the stack pointer and rbp hold while learning. */
static const uintptr_t made_up_sp = 0x7001000055550, made_up_bp = 0x7203000099990;

/* One use of libunwind.  Our access_mem knows it by its address: libunwind passes the cursor's
 * or the context's (the low bits carry flags). */
struct session {
  unw_context_t context;
  unw_cursor_t cursor;
  bool fake;                  /* answer with FAKE_WORD, read nothing */
  uintptr_t good[GOOD_PAGES]; /* pages that can be read */
  unsigned next_good;
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
  bool own = address - (uintptr_t)s < sizeof *s; /* a register of the context */
  if (!own && s->fake) {
    *value = FAKE_WORD;
    return 0;
  }
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

static void session_begin(struct session *s, bool fake) {
  s->fake = fake;
  for (unsigned i = 0; i < GOOD_PAGES; i++)
    s->good[i] = 0;
  s->next_good = 0;
  s->interrupted = current;
  current = s;
}

static void session_end(const struct session *s) { current = s->interrupted; }

/* ---- learning ---- */

static struct rule rule_only(enum rule_kind kind) { return (struct rule){.kind = (uint8_t)kind}; }

static bool is_return_address_at(struct session *s, uintptr_t cfa) {
  unw_save_loc_t place;
  return unwind.get_save_loc(&s->cursor, UNW_REG_IP, &place) >= 0 && place.type == UNW_SLT_MEMORY &&
         place.u.addr == cfa + RETURN_ADDRESS_AT;
}

/* Where the caller's rbp is, from the CFA, in a rule's form. */
static bool find_saved_bp(struct session *s, uintptr_t cfa, int16_t *at) {
  unw_save_loc_t place;
  if (unwind.get_save_loc(&s->cursor, UNW_TDEP_BP, &place) < 0 || place.type != UNW_SLT_MEMORY)
    return false;
  bool unchanged = place.u.addr == context_bp_place(&s->context);
  int64_t distance = unchanged ? 0 : (int64_t)(place.u.addr - cfa);
  *at = (int16_t)distance;
  return *at == distance && unchanged == (distance == 0);
}

static bool fits(int64_t distance, struct rule *r, enum rule_kind kind) {
  r->delta = (int32_t)distance;
  r->kind = (uint8_t)kind;
  return r->delta == distance;
}

static struct rule learn(uintptr_t ra, struct session *s) {
  unw_word_t cfa;
  struct rule r = rule_only(RULE_UNKNOWN);
  context_fill(&s->context, nowhere);
  context_set(&s->context, ra, made_up_sp, made_up_bp);
  if (!cfi_is_plain(ra - 1) || unwind.init_local(&s->cursor, &s->context) < 0)
    return rule_only(RULE_NEVER);
  int stepped = unwind.step(&s->cursor);
  if (stepped <= 0)
    return rule_only(stepped == 0 ? RULE_END : RULE_NEVER);
  bool known = unwind.get_reg(&s->cursor, UNW_REG_SP, &cfa) >= 0 && is_return_address_at(s, cfa) &&
               find_saved_bp(s, cfa, &r.rbp_at) &&
               (fits((int64_t)(cfa - made_up_sp), &r, RULE_SP) ||
                fits((int64_t)(cfa - made_up_bp), &r, RULE_BP));
  return known && (r.kind == RULE_BP || r.delta > 0) ? r : rule_only(RULE_NEVER);
}

struct learn_job {
  uintptr_t ra;
  struct rule answer;
};

static void learn_run(void *argument) {
  struct learn_job *job = argument;
  struct session s;
  session_begin(&s, true);
  job->answer = learn(job->ra, &s);
  session_end(&s);
}

struct rule unwinder_learn(uintptr_t ra, void *stack_top) {
  struct learn_job job = {.ra = ra};
  int saved = errno;
  on_stack(stack_top, learn_run, &job);
  errno = saved;
  return job.answer;
}

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
  session_begin(&s, false);
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

unsigned unwinder_backtrace(const void *frame, uintptr_t *out, unsigned n) {
  struct session s;
  int saved = errno;
  unsigned found = 0;
  bool ended;
  session_begin(&s, false);
  unwind.getcontext(&s.context);
  if (n > 0 && unwind.init_local(&s.cursor, &s.context) >= 0 &&
      find_frame(&s, (uintptr_t)frame, &out[0]))
    found = 1 + walk(&s, out + 1, n - 1, &ended);
  session_end(&s);
  errno = saved;
  return found;
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
      {"_ULx86_64_get_save_loc", &unwind.get_save_loc},
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

/* A frame whose answer is known: if libunwind asked anybody but us, the door is not tight. */
static bool is_understood(void) {
  struct session s;
  session_begin(&s, true);
  struct rule r = learn((uintptr_t)__builtin_return_address(0), &s);
  session_end(&s);
  return r.kind == RULE_SP || r.kind == RULE_BP;
}

bool unwinder_open(void) {
  int saved = errno;
  void *library = dlopen("libunwind.so.8", RTLD_NOW | RTLD_LOCAL);
  bool ready = cfi_open() && library != NULL && find_symbols(library) &&
               unwind.set_caching_policy(*unwind.local, UNW_CACHE_NONE) == 0 && take_accessors();
  ready = ready && is_understood();
  errno = saved;
  return ready;
}
