/* The path tree: nodes are found again, while tables grow, threads add, modules leave and come
 * back.
 *
 * The tree is one a process, so each test runs in a child with a fresh one, and is linked with
 * --wrap=mmap to refuse memory.
 */
#include "fork_anywhere.h"

#include "memory_refused.h"
#include "path_tree.h"
#include "pieces.h"
#include "record_format.h"
#include "root_entry.h"

/* ThreadSanitizer does not know two orders.  path_peek and path_rule read a node that a relaxed
 * load led them to: an address that depends on what was loaded is read after it.  level_make writes
 * a mask again that others read already: it is the same. */
const char *__tsan_default_suppressions(void) {
  return "race:path_peek\nrace:path_rule\nrace:level_make\n";
}

static struct node *step(struct node *n, uintptr_t address) {
  return UNDER_TSAN ? path_child(n, address, NODE_FRAME) : path_step(n, address);
}

/* ---- words ---- */

static const uintptr_t CODE = UINT64_C(0x7f1200000000); /* where modules lie */

static struct node *child(struct node *parent, uintptr_t address) {
  struct node *n = path_child(parent, address, NODE_FRAME);
  require(n != NULL);
  return n;
}

/* n is whole, and every way of asking leads to it. */
static void expect_node(struct node *n, struct node *parent, uintptr_t address) {
  require(n->parent == parent && n->address == address && n->kind == NODE_FRAME);
  require(path_node(n->number) == n && n->number < path_nodes());
  require(path_child(parent, address, NODE_FRAME) == n && path_step(parent, address) == n);
}

/* Return addresses as code has them: some bytes apart. */
static uintptr_t address_of(unsigned i) { return CODE + 5 + i * UINT64_C(7); }

static const struct rule by_sp = {.delta = 48, .rbp_at = -16, .kind = RULE_SP};

static bool is_rule(struct rule a, struct rule b) {
  return a.kind == b.kind && a.delta == b.delta && a.rbp_at == b.rbp_at;
}

/* ---- one thread ---- */

static void empty(void) {
  require(path_peek(&path_root, CODE) == NULL);
  require(path_nodes() == 1 && path_labels() == 0 && path_bytes() == 0);
  require(path_node(0) == &path_root && path_node(1) == NULL);
  require(path_sites() == SITE_KINDS && path_site_node(SITE_KINDS) == NULL);
}

static void found_again(void) {
  struct node *a = child(&path_root, CODE + 1), *b = child(&path_root, CODE + 2);
  struct node *ab = child(a, CODE + 2), *ba = child(b, CODE + 1), *abb = child(ab, CODE + 2);
  require(path_nodes() == 6); /* the root, too */
  expect_node(a, &path_root, CODE + 1);
  expect_node(b, &path_root, CODE + 2);
  expect_node(ab, a, CODE + 2);
  expect_node(ba, b, CODE + 1);
  expect_node(abb, ab, CODE + 2);
  require(path_peek(a, CODE + 2) == ab && path_peek(a, CODE + 1) == NULL);
  require(path_peek(ba, CODE + 2) == NULL && path_nodes() == 6);
}

/* Children of one node and of many, in numbers for which the table grows several times. */
static void growth(void) {
  enum { CHILDREN = 60000, DEEP = 300 };
  static struct node *wide[CHILDREN], *of_each[CHILDREN], *deep[DEEP];
  for (unsigned i = 0; i < CHILDREN; i++) {
    wide[i] = child(&path_root, address_of(i));
    of_each[i] = child(wide[i], address_of(0));
  }
  for (unsigned i = 0; i < DEEP; i++)
    deep[i] = child(i == 0 ? wide[7] : deep[i - 1], address_of(i % 3 + 1));
  require(path_nodes() == 1 + 2 * CHILDREN + DEEP);
  for (unsigned i = 0; i < CHILDREN; i++) {
    expect_node(wide[i], &path_root, address_of(i));
    expect_node(of_each[i], wide[i], address_of(0));
  }
  for (unsigned i = 0; i < DEEP; i++)
    expect_node(deep[i], i == 0 ? wide[7] : deep[i - 1], address_of(i % 3 + 1));
  require(path_nodes() == 1 + 2 * CHILDREN + DEEP);
  require(path_bytes() + pieces_item_bytes() == os_mapped_bytes());
}

/* A child that stands in its parent takes no place in a table, however often it is asked for. */
static void chain(void) {
  enum { DEEP = 1000 }; /* fewer than a chunk has, more than the first table takes */
  struct node *deep[DEEP + 1] = {child(&path_root, CODE)};
  uint64_t bytes = path_bytes();
  for (unsigned i = 0; i < DEEP; i++)
    deep[i + 1] = child(deep[i], address_of(i));
  require(path_bytes() == bytes);
  for (unsigned i = 0; i < DEEP; i++)
    expect_node(deep[i + 1], deep[i], address_of(i));
  child(deep[DEEP], CODE);
  require(path_bytes() == bytes && path_nodes() == DEEP + 3);
}

/* What is found in an old table is brought forward, so that a look at the newest one is enough. */
static void brought_forward(void) {
  struct node *few[8];
  for (unsigned i = 0; i < 8; i++)
    few[i] = child(&path_root, address_of(i));
  for (unsigned i = 8; i < 3000; i++)
    child(&path_root, address_of(i));
  unsigned hidden_ones = 0;
  for (unsigned i = 0; i < 8; i++)
    hidden_ones += path_peek(&path_root, address_of(i)) == NULL;
  require(hidden_ones == 8 - NODE_WAYS);
  for (unsigned i = 0; i < 8; i++)
    require(path_step(&path_root, address_of(i)) == few[i]);
  for (unsigned i = 0; i < 8; i++)
    require(path_peek(&path_root, address_of(i)) == few[i]);
}

/* A rule belongs to the address: the root's child has it, and others copy it when they are told to.
 */
static void rules(void) {
  struct node *a = child(&path_root, CODE + 1), *ab = child(a, CODE + 2);
  unsigned nodes = path_nodes();
  require(path_rule(CODE + 2).kind == RULE_UNKNOWN && node_rule(ab).kind == RULE_UNKNOWN);
  require(path_nodes() == nodes);
  path_set_rule(CODE + 2, by_sp);
  require(is_rule(path_rule(CODE + 2), by_sp) && node_rule(ab).kind == RULE_UNKNOWN);
  require(is_rule(node_rule(child(&path_root, CODE + 2)), by_sp));
  path_copy_rule(ab);
  path_copy_rule(a);
  require(is_rule(node_rule(ab), by_sp) && node_rule(a).kind == RULE_UNKNOWN);
  for (unsigned i = 0; i < 3000; i++) /* the table grows */
    child(&path_root, address_of(1000 + i));
  require(is_rule(path_rule(CODE + 2), by_sp));
}

static void labels(void) {
  static const char text[] = "requests";
  struct node *n = path_child(&path_root, (uintptr_t)text, NODE_LABEL);
  struct node *mark = path_child(n, (uintptr_t)path_no_unwind, NODE_LABEL);
  require(n != NULL && n->kind == NODE_LABEL && n->address == (uintptr_t)text);
  require(path_child(&path_root, (uintptr_t)text, NODE_LABEL) == n && path_labels() == 2);
  require(node_is_mark(mark) && !node_is_mark(n) && !node_is_frame(n));
  child(n, CODE);
  require(path_labels() == 2);
}

static void sites(void) {
  enum { MANY = 10000 };
  static uint32_t site[MANY];
  for (unsigned i = 0; i < MANY; i++) {
    struct node *n = child(&path_root, address_of(i));
    site[i] = path_site(n);
    require(site[i] == SITE_KINDS + i && path_site(n) == site[i]);
  }
  require(path_sites() == SITE_KINDS + MANY);
  for (unsigned i = 0; i < MANY; i++)
    require(path_site_node(site[i]) == child(&path_root, address_of(i)));
  require(path_site_node(0) == NULL && path_site_node(SITE_KINDS + MANY) == NULL);
}

/* ---- no room ---- */

/* All nodes, then all call sites, are made: more are refused, and those that are there are found.
 */
static void full(void) {
  unsigned n = 1;
  while (path_child(&path_root, address_of(n - 1), NODE_FRAME) != NULL)
    n++;
  require(n == NODES_MAX && path_nodes() == NODES_MAX);
  struct node *first = path_step(&path_root, address_of(0));
  for (unsigned i = 0; i < NODES_MAX - 1; i += i % 2 ? 1 : 997)
    require(path_step(&path_root, address_of(i)) == path_node(i + 1));
  require(path_step(first, CODE) == NULL && path_rule(CODE + 1).kind == RULE_UNKNOWN);
  require(path_nodes() == NODES_MAX);
  for (unsigned i = SITE_KINDS; i < SITES_MAX; i++)
    require(path_site(path_node(i)) == i);
  require(path_site(path_node(SITES_MAX)) == 0 && path_site(path_node(SITE_KINDS)) == SITE_KINDS);
  require(path_sites() == SITES_MAX && path_site_node(SITES_MAX - 1) == path_node(SITES_MAX - 1));
  require(path_bytes() + pieces_item_bytes() == os_mapped_bytes());
}

static void refused_from_the_start(void) {
  refuse_memory = true;
  errno = 77;
  require(path_child(&path_root, CODE, NODE_FRAME) == NULL && path_step(&path_root, CODE) == NULL);
  require(errno == 77 && path_bytes() == 0);
  refuse_memory = false;
  expect_node(child(&path_root, CODE), &path_root, CODE);
}

/* Without memory the table stays as large as it is, and takes all the nodes that have a place. */
static void refused_growth(void) {
  struct node *made[1000];
  for (unsigned i = 0; i < 500; i++)
    made[i] = child(&path_root, address_of(i));
  refuse_memory = true;
  for (unsigned i = 500; i < 1000; i++)
    made[i] = child(&path_root, address_of(i));
  require(path_site(made[0]) == 0);
  unsigned i = 1000;
  while (path_child(&path_root, address_of(i), NODE_FRAME) != NULL)
    i++;
  require(i == 1023); /* the first 1024 but number 0, which the root has */
  for (unsigned k = 0; k < 1000; k++)
    expect_node(made[k], &path_root, address_of(k));
  refuse_memory = false;
  child(&path_root, address_of(i));
  for (unsigned k = 0; k < 1000; k++)
    expect_node(made[k], &path_root, address_of(k));
  require(path_site(made[0]) != 0);
}

/* ---- threads ---- */

enum { THREADS = 4, PATHS = 20000, DEPTH = 3 };

static pthread_barrier_t line;
static _Atomic uint32_t requests[SITES_MAX];

/* Frame d of path i: the first two frames have few addresses, so that paths share nodes. */
static uintptr_t frame_of(unsigned i, unsigned d) {
  return CODE + (d == 0 ? i % 10 : d == 1 ? 100 + i % 500 : 1000 + i * 8);
}

static void *add_paths(void *arg) {
  unsigned offset = (unsigned)(uintptr_t)arg % 2 * (PATHS / 2); /* two begin with the same paths */
  pthread_barrier_wait(&line);
  for (unsigned k = 0; k < PATHS; k++) {
    unsigned i = (k + offset) % PATHS;
    struct node *n = &path_root;
    for (unsigned d = 0; d < DEPTH; d++) {
      struct node *next = step(n, frame_of(i, d));
      require(next != NULL && next->parent == n && next->address == frame_of(i, d));
      n = next;
    }
    atomic_fetch_add(&requests[path_site(n)], 1);
  }
  return NULL;
}

/* The path that ends at n, by its outermost frame; PATHS: it is none of ours. */
static unsigned path_of(const struct node *n) {
  unsigned i = (unsigned)((n->address - CODE - 1000) / 8);
  if (i >= PATHS || n->address != frame_of(i, 2) || n->parent->address != frame_of(i, 1) ||
      n->parent->parent->address != frame_of(i, 0) || n->parent->parent->parent != &path_root)
    return PATHS;
  return i;
}

/* All add the same paths at the same time.  Two nodes may be made of one while a table is added (a
 * reader of a dump adds them up); no request may be lost, and such nodes are few. */
static void threads(void) {
  static uint32_t sum[PATHS];
  pthread_t thread[THREADS];
  pthread_barrier_init(&line, NULL, THREADS);
  for (uintptr_t k = 0; k < THREADS; k++)
    require(pthread_create(&thread[k], NULL, add_paths, (void *)k) == 0);
  for (unsigned k = 0; k < THREADS; k++)
    pthread_join(thread[k], NULL);
  unsigned nodes = 0;
  for (uint32_t site = SITE_KINDS; site < path_sites(); site++) {
    struct node *n = path_site_node(site);
    if (n == NULL) {
      require(requests[site] == 0); /* its number was lost to a faster thread */
      continue;
    }
    unsigned i = path_of(n);
    require(i < PATHS);
    sum[i] += requests[site];
    nodes++;
  }
  for (unsigned i = 0; i < PATHS; i++)
    require(sum[i] == THREADS);
  require(nodes >= PATHS && nodes < PATHS + PATHS / 50);
  require(path_bytes() + pieces_item_bytes() == os_mapped_bytes());
}

/* ---- modules that leave and come back ---- */

enum { MODULE_BYTES = (1 << 20) + PAGE_BYTES };

/* Nodes in a module and outside of it, at its edges, too. */
struct nodes {
  struct node *before, *first, *inner, *last, *after;
};

static struct nodes nodes_at(uintptr_t start) {
  struct nodes n = {.before = child(&path_root, start - 1),
                    .first = child(&path_root, start),
                    .last = child(&path_root, start + MODULE_BYTES - 1),
                    .after = child(&path_root, start + MODULE_BYTES)};
  n.inner = child(n.after, start + 300000);
  return n;
}

static void expect_dead(const struct node *n, unsigned module, uintptr_t place) {
  require((n->address & NODE_DEAD) != 0);
  require(node_dead_module(n->address) == module && node_address(n->address) == place);
}

static void forget(void) {
  struct nodes n = nodes_at(CODE);
  bool any = false;
  uint32_t dead = path_forget(9, CODE, CODE + MODULE_BYTES, &any);
  require(any && dead != 0);
  expect_dead(n.first, 9, 0);
  expect_dead(n.inner, 9, 300000);
  expect_dead(n.last, 9, MODULE_BYTES - 1);
  require(n.before->address == CODE - 1 && n.after->address == CODE + MODULE_BYTES);
  require(path_peek(&path_root, CODE) == NULL && path_peek(n.after, CODE + 300000) == NULL);
  require(path_peek(&path_root, CODE + MODULE_BYTES - 1) == NULL);
  require(n.inner->parent == n.after && path_node(n.first->number) == n.first);
  require(path_forget(9, CODE, CODE + MODULE_BYTES, &any) == 0 && !any);

  /* What is mapped there next has nodes, and knowledge, of its own. */
  struct nodes other = nodes_at(CODE);
  require(other.first != n.first && other.inner != n.inner && other.last != n.last);
  require(other.before == n.before && other.after == n.after);
}

/* However often a module comes and goes, no more nodes and no larger tables are needed. */
static void revive(void) {
  struct nodes n = nodes_at(CODE);
  path_set_rule(CODE + 300000, by_sp);
  path_copy_rule(n.inner);
  unsigned nodes = path_nodes();
  uint64_t bytes = path_bytes();
  uintptr_t at = CODE, next;
  for (unsigned i = 1; i < 2000; i++, at = next) {
    bool any;
    uint32_t dead = path_forget(i % 5, at, at + MODULE_BYTES, &any);
    require(any && dead != 0);
    next = CODE + i % 1000 * UINT64_C(0x400000);
    path_revive(dead, next);
    require(path_step(&path_root, next) == n.first);
    require(path_step(n.after, next + 300000) == n.inner);
    require(path_step(&path_root, next + MODULE_BYTES - 1) == n.last);
    require(is_rule(node_rule(n.inner), by_sp));
  }
  require(path_nodes() == nodes && path_bytes() == bytes);
}

/* The last number stands for any further module: its nodes keep their address and stay dead. */
static void more_modules_than_numbers(void) {
  struct nodes n = nodes_at(CODE);
  bool any = false;
  require(path_forget(DEAD_LAST + 5, CODE, CODE + MODULE_BYTES, &any) == 0 && any);
  expect_dead(n.inner, DEAD_LAST, CODE + 300000);
  require(nodes_at(CODE).inner != n.inner);
}

static _Atomic bool adders_done;

static void *leave_and_come_back(void *arg) {
  (void)arg;
  uintptr_t module = CODE - 16 * MODULE_BYTES;
  for (unsigned i = 0; i < 500; i++)
    child(&path_root, module + i * 64);
  while (!adders_done) {
    bool any;
    uint32_t dead = path_forget(3, module, module + MODULE_BYTES, &any);
    require(any && dead != 0);
    path_revive(dead, module);
  }
  return NULL;
}

/* While a module comes and goes, the other paths are found, or made again: no request is lost. */
static void forget_beside_threads(void) {
  pthread_t thread[2], module;
  pthread_barrier_init(&line, NULL, 2);
  require(pthread_create(&module, NULL, leave_and_come_back, NULL) == 0);
  for (uintptr_t k = 0; k < 2; k++)
    require(pthread_create(&thread[k], NULL, add_paths, (void *)k) == 0);
  for (unsigned k = 0; k < 2; k++)
    pthread_join(thread[k], NULL);
  adders_done = true;
  pthread_join(module, NULL);
  uint64_t sum = 0;
  for (uint32_t site = SITE_KINDS; site < path_sites(); site++)
    if (path_site_node(site) != NULL && path_of(path_site_node(site)) < PATHS)
      sum += requests[site];
  require(sum == 2 * PATHS);
}

APART(empty)
APART(found_again)
APART(growth)
APART(chain)
APART(brought_forward)
APART(rules)
APART(labels)
APART(sites)
APART(full)
APART(refused_from_the_start)
APART(refused_growth)
APART(forget)
APART(revive)
APART(more_modules_than_numbers)

/* Often, because it depends on chance who meets whom. */
static void test_threads(void **state) {
  (void)state;
  for (unsigned i = 0; i < (UNDER_TSAN ? 1 : 20); i++)
    in_child(threads);
}

/* Searches compare an address without a lock while the module's thread changes it: either value
 * will do, but ThreadSanitizer calls it a race. */
static void test_forget_beside_threads(void **state) {
  (void)state;
  if (UNDER_TSAN)
    skip();
  in_child(forget_beside_threads);
}

/* ---- forks ---- */

/* A node as readers outside of the process see it; NULL: they do not. */
static const struct record_node *shown(const struct node *n) {
  for (unsigned i = 0; i < pieces_head.pieces; i++) {
    const struct piece *p = &pieces_head.piece[i];
    const struct record_node *at = (const struct record_node *)p->address;
    for (size_t k = 0; p->kind == PIECE_NODES && k < p->bytes / sizeof *at; k++)
      if (at[k].kind != RECORD_NODE_NONE && at[k].number == n->number)
        return &at[k];
  }
  return NULL;
}

/* Whatever a thread was doing when it vanished: the child's site has a path, and is shown. */
static void child_has_sites(void) {
  struct node *n = child(child(&path_root, address_of(1)), address_of(2));
  uint32_t site = path_site(n);
  require(site != 0 && path_site_node(site) == n);
  require(shown(n) != NULL && shown(n)->site == site && shown(n)->address == n->address);
  require(shown(n->parent) != NULL && shown(n)->parent == n->parent->number);
}

static void fork_and_find(void) { in_child(child_has_sites); }

static void make_site(void) { path_site(child(child(&path_root, address_of(1)), address_of(2))); }

static void maker_vanishes(void) {
  pieces_setup();
  require(fork_anywhere(make_site, fork_and_find) > 100);
}
APART_BY_STEPS(maker_vanishes)

/* Nodes and sites that a thread makes while a fork copies the record: the child shows them. */
static int record_file;
static int open_record(void) { return dup(record_file); }

static void child_shows_all(void) {
  struct node *n = path_step(&path_root, address_of(2));
  require(pieces_fork_child() && shown(n) == NULL);
  path_fork_child_shown();
  require(shown(n) != NULL && shown(n)->site == n->site && shown(n)->address == n->address);
  n = path_step(&path_root, address_of(1));
  require(shown(n) != NULL && shown(n)->site == n->site);
}

static void made_beside_a_fork(void) {
  char name[] = "/tmp/path_tree.XXXXXX";
  record_file = mkstemp(name);
  require(record_file >= 0 && unlink(name) == 0);
  pieces_setup();
  pieces_open_file = open_record;
  child(&path_root, address_of(1));
  require(pieces_to_file(record_file) == 0);
  pieces_fork_prepare();
  path_site(child(&path_root, address_of(1)));
  path_site(child(&path_root, address_of(2)));
  in_child(child_shows_all);
  pieces_fork_parent();
}
APART(made_beside_a_fork)

/* A thread that was looking at a module's nodes when it vanished: the child finds all of them. */
static struct nodes leaving;

static void forget_module(void) {
  bool any;
  path_forget(9, CODE, CODE + MODULE_BYTES, &any);
}

static void child_forgets(void) {
  path_fork_child();
  forget_module();
  expect_dead(leaving.first, 9, 0);
  expect_dead(leaving.inner, 9, 300000);
  expect_dead(leaving.last, 9, MODULE_BYTES - 1);
  require(leaving.before->address == CODE - 1 && leaving.after->address == CODE + MODULE_BYTES);
}

static void fork_and_forget(void) { in_child(child_forgets); }

static void forgetter_vanishes(void) {
  leaving = nodes_at(CODE);
  require(fork_anywhere(forget_module, fork_and_forget) > 100);
}
APART_BY_STEPS(forgetter_vanishes)

/* An entry for an address that has become another's has the node of the one or of the other. */
static struct root_entry entry;
static struct node *of_entry[2];

static void entry_changes(void) { root_entry_set(&entry, &path_root, address_of(2), of_entry[1]); }

static void child_reads_entry(void) {
  for (unsigned i = 0; i < 2; i++)
    require(!root_entry_is(&entry, &path_root, address_of(i + 1)) || entry.node == of_entry[i]);
  require(entry.node != of_entry[1] || entry.ra != address_of(2) || entry.account == NULL);
}

static void fork_and_read(void) { in_child(child_reads_entry); }

static void setter_vanishes(void) {
  static struct account account;
  for (unsigned i = 0; i < 2; i++)
    of_entry[i] = child(&path_root, address_of(i + 1));
  root_entry_set(&entry, &path_root, address_of(1), of_entry[0]);
  entry.account = &account;
  require(fork_anywhere(entry_changes, fork_and_read) > 4);
}
APART_BY_STEPS(setter_vanishes)

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_empty),
      cmocka_unit_test(test_found_again),
      cmocka_unit_test(test_growth),
      cmocka_unit_test(test_chain),
      cmocka_unit_test(test_brought_forward),
      cmocka_unit_test(test_rules),
      cmocka_unit_test(test_labels),
      cmocka_unit_test(test_sites),
      cmocka_unit_test(test_full),
      cmocka_unit_test(test_refused_from_the_start),
      cmocka_unit_test(test_refused_growth),
      cmocka_unit_test(test_threads),
      cmocka_unit_test(test_forget),
      cmocka_unit_test(test_revive),
      cmocka_unit_test(test_more_modules_than_numbers),
      cmocka_unit_test(test_forget_beside_threads),
      cmocka_unit_test(test_maker_vanishes),
      cmocka_unit_test(test_made_beside_a_fork),
      cmocka_unit_test(test_forgetter_vanishes),
      cmocka_unit_test(test_setter_vanishes),
  };
  test_thread = os_thread_id();
  return cmocka_run_group_tests(tests, NULL, NULL);
}
