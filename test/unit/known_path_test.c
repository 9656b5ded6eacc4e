/* Known paths and call paths, on a stack that the test lays out itself: what is found is what lies
 * there, no word behind one that differs is read, and each path stands in the tree as it was.
 *
 * Tables and tree are one a process, so each test runs in a child with fresh ones.
 */
#include "apart.h"

#include <sys/mman.h>

#include "known_path.h"
#include "path_length.h"

static const uintptr_t CODE = UINT64_C(0x7f1200000000); /* where the functions lie */

/* ---- a stack ---- */

enum { STACK = 8 * PAGE_BYTES, STACK_FRAMES = 60, FRAME_WORDS = 6 };

static uintptr_t *stack; /* its upper half can be made unreadable */
static struct stack_range pages;
static struct known_paths known;

/* Frame i of a path calls from here: function i of a program, and which of its calls. */
static unsigned program;
static uintptr_t call(unsigned i, unsigned which) {
  return CODE + program * UINT64_C(100000) + i * 1000 + which;
}

/* Function 0 is that of malloc's caller.  Every fifth finds its frame by rbp, which every third
 * saves; the last has no caller. */
static unsigned plain; /* functions below that number leave rbp alone */
static struct rule rule_of(unsigned i, unsigned last) {
  struct rule r = {.delta = FRAME_WORDS * 8, .kind = RULE_SP};
  if (i < plain)
    return r;
  if (i % 3 == 2)
    r.rbp_at = -16;
  if (i % 5 == 4) {
    r.kind = RULE_BP;
    r.delta = 16;
  }
  if (i == last)
    r.kind = RULE_END;
  return r;
}

static void make_stack(void) {
  stack = mmap(NULL, STACK, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  require(stack != MAP_FAILED);
  pages = (struct stack_range){.low = (uintptr_t)stack, .bytes = STACK};
}

/* Where function i's frame begins: not where a page does. */
static uintptr_t *frame_at(unsigned i) { return stack + 4 + (size_t)i * FRAME_WORDS; }

/* Lays out `count` functions, of which number i goes on after its call number which[i]. */
static struct cursor lay(unsigned count, const unsigned char *which) {
  frame_at(0)[-1] = call(0, which[0]);
  for (unsigned i = 0; i < count; i++) {
    path_set_rule(call(i, which[i]), rule_of(i, count - 1));
    uintptr_t *end = frame_at(i + 1);
    for (uintptr_t *word = frame_at(i); word < end; word++)
      *word = 0x5a5a;
    end[-1] = i + 1 < count ? call(i + 1, which[i + 1]) : 0;
    /* rbp of a frame that is found by it points 16 bytes below the frame's end */
    unsigned user = i + 1;
    while (user < count && user % 5 != 4)
      user++;
    end[-2] = (uintptr_t)frame_at(user + 1) - 16;
  }
  return (struct cursor){
      .ra = call(0, which[0]), .sp = (uintptr_t)frame_at(0), .bp = (uintptr_t)frame_at(5) - 16};
}

static struct node *first_node(struct cursor at) {
  struct node *n = path_step(&path_root, at.ra);
  require(n != NULL);
  return n;
}
static uint32_t walk(struct cursor at, unsigned depth, bool learn) {
  return known_path_walk(&known, &pages, first_node(at), at, path_room_of(depth), learn);
}

/* What the tables alone say. */
static uint32_t find(struct cursor at, unsigned depth) {
  struct known_stack *f = known_path_first(&known, &pages, at.ra, at.sp, at.bp);
  if (f == NULL || f->ends)
    return f == NULL ? SITE_NONE : f->site;
  return known_path_find(&known, &pages, f, at.bp, path_room_of(depth));
}
static uint32_t replay(struct cursor at, unsigned depth) {
  return known_path_replay(&known, &pages, first_node(at), at, path_room_of(depth));
}

/* The site's path in the tree is the functions that were laid out, as far as `depth` goes. */
static void expect_path(uint32_t site, unsigned count, const unsigned char *which, unsigned depth) {
  const struct node *nodes[PATH_FRAMES_MAX + 1];
  require(site != SITE_NONE && path_site_node(site) != NULL);
  unsigned length = call_path_nodes(path_site_node(site), nodes, PATH_FRAMES_MAX + 1);
  uintptr_t ra[STACK_FRAMES];
  for (unsigned i = 0; i < count; i++)
    ra[i] = call(i, which[i]);
  require(length == path_length(ra, count, depth));
  for (unsigned i = 0; i < length; i++)
    require(node_is_frame(nodes[i]) && nodes[i]->address == call(i, which[i]));
}

/* ---- tests ---- */

/* Two parts of a path may have the same place in a table; most paths are found. */
static void found(void) {
  static const unsigned char which[STACK_FRAMES];
  unsigned all = 0, quick = 0;
  for (unsigned count = 1; count <= STACK_FRAMES; count++, program++)
    for (unsigned depth = 2; depth <= DEPTH_MAX; depth += depth < 22 ? 1 : 7) {
      struct cursor at = lay(count, which);
      uint32_t site = walk(at, depth, true);
      expect_path(site, count, which, depth);
      require(walk(at, depth, false) == site && walk(at, depth, true) == site);
      uint32_t tables = find(at, depth), nodes = replay(at, depth);
      require((tables == site || tables == SITE_NONE) && (nodes == site || nodes == SITE_NONE));
      all += 2;
      quick += (tables == site) + (nodes == site);
      known_path_forget(&known); /* which says nothing of the depth */
    }
  require(quick > all / 10 * 9);
}

/* Where a path is cut depends on where it begins, also if its outer frames lie where those of
 * others do. */
static void cut(void) {
  static const unsigned char which[STACK_FRAMES];
  for (unsigned round = 0; round < 2; round++)
    for (unsigned from = 0; from < 30; from++) {
      struct cursor at = lay(STACK_FRAMES, which);
      at.bp = (uintptr_t)frame_at(from + 5 - from % 5) - 16;
      at.ra = call(from, 0);
      at.sp = (uintptr_t)frame_at(from);
      uint32_t site = walk(at, 25, true), tables = find(at, 25);
      require(tables == site || tables == SITE_NONE);
      const struct node *nodes[PATH_FRAMES_MAX + 1];
      require(call_path_nodes(path_site_node(site), nodes, PATH_FRAMES_MAX + 1) == 25);
      for (unsigned i = 0; i < 25; i++)
        require(nodes[i]->address == call(from + i, 0));
    }
}

/* The function that is found by the rbp that function i saves; 0: there is none. */
static unsigned user_of(unsigned i) {
  unsigned user = i + 1;
  while (user % 5 != 4)
    if (user++ % 3 == 2)
      return 0; /* that one saves it again */
  return i % 3 == 2 ? user : 0;
}

/* What frames have left behind that lie elsewhere now is not taken for the path: here rbp is
 * another that a function saved, and one further out is found by: the path leaves out five. */
static void other_saved_rbp(void) {
  static const unsigned char which[STACK_FRAMES];
  unsigned tried = 0;
  for (unsigned i = 0; i < 40; i++, program++) {
    if (user_of(i) == 0)
      continue;
    struct cursor at = lay(50, which);
    uint32_t site = walk(at, DEPTH_MAX, true);
    require(site != SITE_NONE && find(at, DEPTH_MAX) == site);
    frame_at(i + 1)[-2] = (uintptr_t)frame_at(user_of(i) + 6) - 16;
    require(find(at, DEPTH_MAX) == SITE_NONE);
    uint32_t second = walk(at, DEPTH_MAX, true);
    require(second != SITE_NONE && second != site);
    tried += i > INNER_FRAMES;
  }
  require(tried > 3);
}

/* The same for rbp as it is in malloc's caller, by which a function is found, near or far. */
static void other_rbp(void) {
  static const unsigned char which[STACK_FRAMES];
  for (plain = 4; plain < 40; plain += 5, program++) {
    struct cursor at = lay(50, which), other;
    at.bp = (uintptr_t)frame_at(plain + 1) - 16;
    uint32_t site = walk(at, DEPTH_MAX, true);
    require(site != SITE_NONE && find(at, DEPTH_MAX) == site);
    other = at;
    other.bp = (uintptr_t)frame_at(plain + 6) - 16;
    require(find(other, DEPTH_MAX) == SITE_NONE);
    uint32_t second = walk(other, DEPTH_MAX, true);
    require(second != SITE_NONE && second != site && find(at, DEPTH_MAX) != second);
  }
}

/* Paths that differ in one call, wherever that is, are different sites, and each is found again. */
static void told_apart(void) {
  enum { COUNT = 50 };
  uint32_t site[COUNT];
  for (unsigned round = 0; round < 3; round++)
    for (unsigned i = 0; i < COUNT; i++) {
      unsigned char which[COUNT] = {0};
      which[i] = 1;
      struct cursor at = lay(COUNT, which);
      uint32_t before = find(at, DEPTH_MAX);
      uint32_t there = replay(at, DEPTH_MAX), s = walk(at, DEPTH_MAX, round < 2);
      if (round == 0)
        site[i] = s;
      require(s == site[i] && (before == s || before == SITE_NONE));
      require(there == s || there == SITE_NONE);
      expect_path(s, COUNT, which, DEPTH_MAX);
      for (unsigned k = 0; k < i && round == 0; k++)
        require(site[k] != s);
    }
}

/* Outer frames that are known have nodes once, whatever calls them. */
static void shared(void) {
  enum { COUNT = 50, PATHS = 100 };
  unsigned nodes = 0;
  for (unsigned i = 0; i <= PATHS; i++) {
    unsigned char which[COUNT] = {0};
    which[1] = (unsigned char)i;
    require(walk(lay(COUNT, which), DEPTH_MAX, i % 2) != SITE_NONE);
    if (i == 0)
      nodes = path_nodes();
  }
  require(path_nodes() - nodes <= PATHS * 10); /* with the address's own node */
}

/* A stack that ends earlier than it did: nothing is read behind the first word that differs. */
static void gone(void) {
  enum { COUNT = STACK_FRAMES };
  static const unsigned char which[COUNT];
  unsigned known_ones = 0;
  for (unsigned i = 0; i < COUNT - 1; i++) {
    /* the stack is moved so that frame i + 1 begins a page, which is not there */
    uintptr_t *const base = stack;
    uintptr_t *const edge = base + STACK / 2 / sizeof *stack;
    stack = edge - 4 - (size_t)(i + 1) * FRAME_WORDS;
    struct cursor at = lay(COUNT, which);
    require(walk(at, DEPTH_MAX, true) != SITE_NONE);
    known_ones += find(at, DEPTH_MAX) != SITE_NONE;
    frame_at(i)[FRAME_WORDS - 1] = call(0, 7); /* known code, which has no rule */
    require(mprotect(edge, STACK / 2, PROT_NONE) == 0);
    require(find(at, DEPTH_MAX) == SITE_NONE && replay(at, DEPTH_MAX) == SITE_NONE);
    require(walk(at, DEPTH_MAX, false) == SITE_NONE && walk(at, DEPTH_MAX, true) == SITE_NONE);
    require(mprotect(edge, STACK / 2, PROT_READ | PROT_WRITE) == 0);
    stack = base;
  }
  require(known_ones > COUNT / 2);
}

/* An address that no rule is known for is not taken, also as the last one that was asked for: it
 * may be no code. */
static void unknown(void) {
  static const unsigned char which[STACK_FRAMES];
  for (unsigned depth = 2; depth < 40; depth++) {
    struct cursor at = lay(STACK_FRAMES, which);
    frame_at(depth - 2)[FRAME_WORDS - 1] = CODE - 5;
    require(walk(at, depth, true) == SITE_NONE && walk(at, depth, false) == SITE_NONE);
    require(path_peek(&path_root, CODE - 5) == NULL);
  }
}

/* Numbers begin again when all have been used: nothing of before is found by them. */
static void numbers(void) {
  enum { COUNT = 40 };
  static const unsigned char any[COUNT] = {0, 0, 1}, one[COUNT] = {0}, other[COUNT] = {1};
  walk(lay(COUNT, any), DEPTH_MAX, true);
  known.ids = NODES_MAX;
  uint32_t site = walk(lay(COUNT, one), DEPTH_MAX, true);
  require(find(lay(COUNT, one), DEPTH_MAX) == site);
  known.ids = UINT32_MAX - DEPTH_MAX;
  uint32_t second = walk(lay(COUNT, other), DEPTH_MAX, true);
  require(second != site && find(lay(COUNT, other), DEPTH_MAX) == second);
  require(known.ids < NODES_MAX + COUNT);
  uint32_t old = find(lay(COUNT, one), DEPTH_MAX);
  require(old == SITE_NONE || old == site);
}

static void forgotten(void) {
  static const unsigned char which[STACK_FRAMES];
  struct cursor at = lay(STACK_FRAMES, which);
  uint32_t site = walk(at, DEPTH_MAX, true);
  known_path_forget(&known);
  require(find(at, DEPTH_MAX) == SITE_NONE && walk(at, DEPTH_MAX, true) == site);
  require(find(at, DEPTH_MAX) == site);
}

APART(found)
APART(cut)
APART(other_rbp)
APART(other_saved_rbp)
APART(told_apart)
APART(shared)
APART(gone)
APART(unknown)
APART(numbers)
APART(forgotten)

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_found),      cmocka_unit_test(test_cut),
      cmocka_unit_test(test_other_rbp),  cmocka_unit_test(test_other_saved_rbp),
      cmocka_unit_test(test_told_apart), cmocka_unit_test(test_shared),
      cmocka_unit_test(test_gone),       cmocka_unit_test(test_unknown),
      cmocka_unit_test(test_numbers),    cmocka_unit_test(test_forgotten)};
  make_stack();
  test_thread = os_thread_id();
  return cmocka_run_group_tests(tests, NULL, NULL);
}
