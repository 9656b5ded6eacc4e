/* Known paths on stacks that change as those of programs do: functions call and return at random,
 * and leave behind what they wrote. After each step all forms of a capture must name the path that
 * the test knows.
 *
 * A function finds its caller by the stack pointer or by rbp; some save rbp and use it for
 * something else, as optimized code does. Tables and tree are one a process, so each test runs in a
 * child with fresh ones.
 */
#include "apart.h"

#include <sys/mman.h>

#include "known_path.h"
#include "path_length.h"

static const uintptr_t CODE = UINT64_C(0x7f1200000000);

enum { FUNCTIONS = 40, CALLS = 3, DEEPEST = 300, STACKS = 3, STACK_BYTES = 192 << 10 };

static uint64_t seed = 88172645463325252;
static unsigned pick(unsigned n) {
  seed ^= seed << 13;
  seed ^= seed >> 7;
  seed ^= seed << 17;
  return (unsigned)(seed >> 33) % n;
}

static uintptr_t call(unsigned function, unsigned which) {
  return CODE + function * UINT64_C(1000) + which * 20 + 8;
}

/* ---- functions: all calls of one have the same rule; number 0 is outermost ---- */

static bool finds_by_bp(unsigned f) { return f % 7 == 3; }
static bool saves_bp(unsigned f) { return finds_by_bp(f) || f % 3 == 1; }
static unsigned words_of(unsigned f) { return 3 + f % 5; }

static struct rule rule_of(unsigned f) {
  if (f == 0)
    return (struct rule){.kind = RULE_END};
  if (finds_by_bp(f))
    return (struct rule){.kind = RULE_BP, .delta = 16, .rbp_at = -16};
  return (struct rule){.kind = RULE_SP,
                       .delta = (int32_t)(8 * words_of(f)),
                       .rbp_at = (int16_t)(saves_bp(f) ? -16 : 0)};
}

/* ---- stacks ---- */

struct activation {
  unsigned function;
  uintptr_t sp, bp; /* while it runs */
  uintptr_t ra;     /* in it: of the call that it makes now */
};

static struct stack {
  uintptr_t end;
  unsigned count;
  struct activation active[DEEPEST];
} stacks[STACKS], *now;

static struct stack_range pages;
static struct known_paths known;

static uintptr_t *word_at(uintptr_t address) { return (uintptr_t *)address; }

/* The running function makes a call to f. */
static void enter(unsigned f) {
  struct activation *caller = &now->active[now->count - 1], *a = caller + 1;
  caller->ra = call(caller->function, pick(CALLS));
  uintptr_t cfa = caller->sp;
  *word_at(cfa - 8) = caller->ra;
  *a = (struct activation){.function = f, .bp = caller->bp};
  if (saves_bp(f))
    *word_at(cfa - 16) = caller->bp;
  if (finds_by_bp(f))
    a->bp = cfa - 16;
  else if (saves_bp(f)) /* it may look like a frame pointer, or like code */
    a->bp = pick(3) == 0 ? pick(1000) : pick(2) == 0 ? cfa + 8 * pick(40) : call(pick(9), 0);
  a->sp = cfa - 8 * (words_of(f) + (finds_by_bp(f) ? 8 * pick(4) : 0));
  now->count++;
}

/* A return address at the beginning of a page is not read without asking the kernel. */
static bool may_call(void) { return (now->active[now->count - 1].sp - 8) % PAGE_BYTES != 0; }

static void make_stacks(void) {
  char *all =
      mmap(NULL, STACKS * STACK_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  require(all != MAP_FAILED);
  pages = (struct stack_range){.low = (uintptr_t)all, .bytes = STACKS * STACK_BYTES};
  for (unsigned i = 0; i < STACKS; i++) {
    stacks[i] = (struct stack){.end = (uintptr_t)all + (i + 1) * STACK_BYTES, .count = 1};
    stacks[i].active[0] = (struct activation){.sp = stacks[i].end - 64};
  }
  now = &stacks[0];
  for (unsigned f = 0; f < FUNCTIONS; f++)
    for (unsigned which = 0; which < CALLS; which++)
      path_set_rule(call(f, which), rule_of(f));
}

/* Some functions return, and others are called. */
static void change(unsigned deepest) {
  unsigned gone = pick(8) == 0 ? pick(now->count) : pick(4);
  now->count -= gone < now->count ? gone : now->count - 1;
  for (unsigned more = pick(8) == 0 ? pick(deepest) : pick(5);
       more > 0 && now->count < deepest && may_call(); more--)
    enter(1 + pick(FUNCTIONS - 1));
  while (!may_call()) /* the outermost one can */
    now->count--;
}

/* ---- captures ---- */

static unsigned captures, found, quick, longest;

static void expect_path(uint32_t site, const struct cursor *at, unsigned depth) {
  const struct node *nodes[PATH_FRAMES_MAX + 1];
  require(site != SITE_NONE && path_site_node(site) != NULL);
  unsigned length = call_path_nodes(path_site_node(site), nodes, PATH_FRAMES_MAX + 1);
  uintptr_t ra[DEEPEST];
  for (unsigned i = 0; i < now->count; i++)
    ra[i] = i == 0 ? at->ra : now->active[now->count - 1 - i].ra;
  require(length == path_length(ra, now->count, depth));
  longest = length > longest ? length : longest;
  for (unsigned i = 0; i < length; i++)
    require(nodes[i]->address == ra[i]);
}

/* What each form says; walks learn at times only, as those of captures do. */
static void capture(unsigned depth) {
  const struct activation *a = &now->active[now->count - 1];
  struct cursor at = {.ra = call(a->function, pick(CALLS)), .sp = a->sp, .bp = a->bp};
  *word_at(at.sp - 8) = at.ra;
  struct node *first = path_step(&path_root, at.ra);
  captures++;
  struct known_stack *f = known_path_first(&known, &pages, at.ra, at.sp, at.bp);
  uint32_t by_table = SITE_NONE, by_tree = SITE_NONE;
  if (f != NULL)
    by_table = f->ends ? f->site : known_path_find(&known, &pages, f, at.bp, path_room_of(depth));
  if (pick(2) == 0)
    by_tree = known_path_replay(&known, &pages, first, at, path_room_of(depth));
  uint32_t site = known_path_walk(&known, &pages, first, at, path_room_of(depth), pick(4) != 0);
  expect_path(site, &at, depth);
  require(by_table == SITE_NONE || by_table == site);
  require(by_tree == SITE_NONE || by_tree == site);
  for (unsigned i = 0; i < SPINES; i++)
    require(known.spine[i].count <= SPINE_WORDS);
  found += by_table == site;
  quick += by_tree == site;
}

static void run(unsigned depth, unsigned deepest, unsigned steps) {
  make_stacks();
  for (unsigned i = 0; i < steps; i++) {
    if (pick(20) == 0)
      now = &stacks[pick(STACKS)];
    change(deepest);
    for (unsigned k = pick(4); k > 0; k--)
      capture(depth);
  }
  require(captures > steps && found > captures / 50 && quick > captures / 50);
}

static void short_paths(void) { run(8, 30, 60000); }
static void barely_long_paths(void) { run(10, 30, 60000); }
static void cut_paths(void) { run(24, 60, 60000); }
static void whole_paths(void) { run(DEPTH_MAX, 50, 60000); }
static void deep_paths(void) {
  run(DEPTH_MAX, DEEPEST, 20000);
  require(longest > DEPTH_MAX);
}

/* More frames than a spine has room for, each of which makes a request. */
static void deep_recursion(void) {
  make_stacks();
  for (unsigned round = 0; round < 3; round++) {
    for (now->count = 1; now->count < DEEPEST - 1; capture(DEPTH_MAX))
      do
        enter(1 + pick(FUNCTIONS - 1));
      while (!may_call() && now->count-- > 0);
    for (; now->count > 1; now->count--)
      capture(DEPTH_MAX);
  }
}

/* Deep paths of a stack that grows share most of their outer nodes: each does not end at another
 * frame than the one before. */
static void growing(void) {
  make_stacks();
  unsigned before = path_nodes(), paths = captures;
  while (now->count < DEEPEST - 1) {
    do
      enter(1 + pick(FUNCTIONS - 1));
    while (!may_call() && now->count-- > 0);
    capture(DEPTH_MAX);
  }
  printf("# %u nodes for %u paths\n", path_nodes() - before, captures - paths);
  require(path_nodes() - before < (captures - paths) * 2 * INNER_FRAMES);
}

/* The same path again and again is found by the tables alone. */
static void steady(void) {
  make_stacks();
  for (unsigned i = 0; i < 40; i++)
    enter(1 + pick(FUNCTIONS - 1));
  for (unsigned i = 0; i < 1000; i++)
    capture(DEPTH_MAX);
  require(found > 800);
}

/* A walk that interrupts another changes nothing and knows nothing; one that was left by a jump
 * does not keep the tables shut for ever. */
static void interrupted(void) {
  make_stacks();
  for (unsigned i = 0; i < 40; i++)
    enter(1 + pick(FUNCTIONS - 1));
  capture(DEPTH_MAX);
  const struct activation *a = &now->active[now->count - 1];
  struct cursor at = {.ra = *word_at(a->sp - 8), .sp = a->sp, .bp = a->bp};
  struct node *first = path_step(&path_root, at.ra);
  uint32_t site = known_path_walk(&known, &pages, first, at, path_room_of(DEPTH_MAX), true);
  struct known_stack *f = known_path_first(&known, &pages, at.ra, at.sp, at.bp);
  require(f != NULL && known_path_find(&known, &pages, f, at.bp, path_room_of(DEPTH_MAX)) == site);
  known.walking = true;
  unsigned writes = known.writes;
  require(known_path_find(&known, &pages, f, at.bp, path_room_of(DEPTH_MAX)) == SITE_NONE);
  require(known_path_replay(&known, &pages, first, at, path_room_of(DEPTH_MAX)) == SITE_NONE);
  require(known_path_walk(&known, &pages, first, at, path_room_of(DEPTH_MAX), true) == SITE_NONE);
  require(known.writes == writes && known.walking);
  for (unsigned i = 0; i < WALKS_REFUSED; i++)
    known_path_walk(&known, &pages, first, at, path_room_of(DEPTH_MAX), true);
  require(!known.walking);
  require(known_path_walk(&known, &pages, first, at, path_room_of(DEPTH_MAX), true) == site);
}

/* After known_path_forget nothing is known, whichever thread called it. */
static void forgotten(void) {
  make_stacks();
  for (unsigned i = 0; i < 40; i++)
    enter(i == 5 ? FUNCTIONS - 1 : 1 + pick(FUNCTIONS - 2));
  const struct activation *a = &now->active[now->count - 1];
  struct cursor at = {.ra = call(a->function, 0), .sp = a->sp, .bp = a->bp};
  *word_at(at.sp - 8) = at.ra;
  struct node *first = path_step(&path_root, at.ra);
  uint32_t site = known_path_walk(&known, &pages, first, at, path_room_of(DEPTH_MAX), true);
  require(site != SITE_NONE);
  /* another module lies there now, one of whose functions has no caller */
  known_path_forget(&known);
  path_set_rule(now->active[6].ra, rule_of(0));
  require(known_path_first(&known, &pages, at.ra, at.sp, at.bp) == NULL);
  require(known_path_replay(&known, &pages, first, at, path_room_of(DEPTH_MAX)) != site);
  require(known_path_walk(&known, &pages, first, at, path_room_of(DEPTH_MAX), true) != site);
}

/* A word that begins a page is not proven to be there when it is looked at next time. */
static void page_begins(void) {
  make_stacks();
  while ((now->active[now->count - 1].sp - 8) % PAGE_BYTES != 0)
    if (now->active[now->count - 1].sp % PAGE_BYTES > 200 || now->count < 2)
      enter(2);
    else
      now->active[now->count - 1].sp = now->active[now->count - 1].sp / PAGE_BYTES * PAGE_BYTES + 8;
  const struct activation *a = &now->active[now->count - 1];
  path_set_rule(call(5, 0), (struct rule){.kind = RULE_BP, .delta = 16, .rbp_at = -16});
  struct cursor at = {.ra = call(5, 0), .sp = a->sp};
  at.bp = now->active[now->count - 2].sp - 16;
  *word_at(at.sp - 8) = at.ra;
  struct node *first = path_step(&path_root, at.ra);
  require(known_path_walk(&known, &pages, first, at, path_room_of(DEPTH_MAX), false) == SITE_NONE);
  path_set_rule(at.ra, rule_of(0));
  at.sp += 8;
  *word_at(at.sp - 8) = at.ra;
  require(known_path_walk(&known, &pages, first, at, path_room_of(DEPTH_MAX), false) != SITE_NONE);
}

APART(short_paths)
APART(barely_long_paths)
APART(cut_paths)
APART(whole_paths)
APART(deep_paths)
APART(deep_recursion)
APART(growing)
APART(steady)
APART(interrupted)
APART(forgotten)
APART(page_begins)

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_short_paths), cmocka_unit_test(test_barely_long_paths),
      cmocka_unit_test(test_cut_paths),   cmocka_unit_test(test_whole_paths),
      cmocka_unit_test(test_deep_paths),  cmocka_unit_test(test_deep_recursion),
      cmocka_unit_test(test_growing),     cmocka_unit_test(test_steady),
      cmocka_unit_test(test_interrupted), cmocka_unit_test(test_forgotten),
      cmocka_unit_test(test_page_begins)};
  test_thread = os_thread_id();
  return cmocka_run_group_tests(tests, NULL, NULL);
}
