/* Pieces: taken by many threads while a reader looks, moved into a file and out of it, and through
 * a fork. */
#include "fork_anywhere.h"
#include "pieces.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <stddef.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

struct item {
  uint64_t value, twice;
  _Atomic uint64_t valid; /* written last */
};

enum { ITEMS = 20000, WRITERS = 4 };

static int file;
static int open_file(void) { return dup(file); }

static void make_file(void) {
  char name[] = "/tmp/pieces.XXXXXX";
  file = mkstemp(name);
  require(file >= 0 && unlink(name) == 0);
}

static void begin(void) {
  make_file();
  pieces_setup();
  pieces_open_file = open_file;
}

static void add(uint64_t value) {
  struct item *i = piece_take(PIECE_NODES, sizeof *i);
  require(i != NULL && i->value == 0 && i->valid == 0);
  i->value = value;
  i->twice = 2 * value;
  atomic_store_explicit(&i->valid, 1, memory_order_release);
}

static void *write_items(void *first) {
  for (uint64_t i = 0; i < ITEMS; i++)
    add((uintptr_t)first + i);
  return NULL;
}

/* Looks at all items of the process, as a reader outside does; returns how many are valid. */
static uint64_t look(void) {
  uint64_t found = 0;
  unsigned n = atomic_load_explicit(&pieces_head.pieces, memory_order_acquire);
  require(n <= PIECES_MAX);
  for (unsigned i = 0; i < n; i++) {
    const struct piece *p = &pieces_head.piece[i];
    uint64_t bytes = atomic_load_explicit(&p->bytes, memory_order_acquire);
    if (bytes == 0 || p->kind != PIECE_NODES)
      continue;
    const struct item *item = (const struct item *)p->address;
    for (size_t k = 0; k < bytes / sizeof *item; k++)
      if (atomic_load_explicit(&item[k].valid, memory_order_acquire) != 0) {
        require(item[k].twice == 2 * item[k].value);
        found++;
      }
  }
  return found;
}

static void use_threads(void) {
  begin();
  require(pieces_to_file(file) == 0);
  pthread_t threads[WRITERS];
  for (uintptr_t i = 0; i < WRITERS; i++)
    require(pthread_create(&threads[i], NULL, write_items, (void *)(1 + i * ITEMS)) == 0);
  for (uint64_t before = 0, now; (now = look()) < (uint64_t)WRITERS * ITEMS; before = now)
    require(now >= before);
  for (int i = 0; i < WRITERS; i++)
    pthread_join(threads[i], NULL);
  require(look() == (uint64_t)WRITERS * ITEMS);
}

/* Some file systems have no fallocate: zeros are written, but never over another thread's items. */
static void forbid_fallocate(void) {
  struct sock_filter code[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_fallocate, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EOPNOTSUPP),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };
  struct sock_fprog program = {.len = sizeof code / sizeof *code, .filter = code};
  require(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0);
  require(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0);
}

static void no_fallocate(void) {
  alarm(60); /* readers would wait for ever for an item that was overwritten */
  forbid_fallocate();
  use_threads();
  require(pieces_head.private_pieces == 0);
}

/* What the file has at a piece's place, and what memory has. */
static void check_file(void) {
  for (unsigned i = 0; i < pieces_head.pieces; i++) {
    const struct piece *p = &pieces_head.piece[i];
    char *copy = mmap(NULL, p->bytes, PROT_READ, MAP_SHARED, file, (off_t)p->offset);
    require(copy != MAP_FAILED && memcmp(copy, (const void *)p->address, p->bytes) == 0);
    munmap(copy, p->bytes);
  }
}

static void move_in_and_out(void) {
  begin();
  for (uint64_t i = 1; i <= ITEMS; i++)
    add(i);
  uint64_t mapped = os_mapped_bytes();
  require(pieces_to_file(file) == 0 && look() == ITEMS && os_mapped_bytes() == mapped);
  check_file();
  for (uint64_t i = 1; i <= ITEMS; i++) /* what comes later lies in the file, too */
    add(i);
  check_file();
  require(pieces_hold(pieces_head.piece[1].address) && pieces_head.private_pieces == 0);
  pieces_leave_file(false);
  require(look() == 2 * ITEMS && !pieces_hold(pieces_head.piece[1].address));
  require(ftruncate(file, 0) == 0); /* nobody needs it any more */
  require(look() == 2 * ITEMS);
}

static void lose_file(void) {
  begin();
  add(1);
  require(pieces_to_file(file) == 0 && ftruncate(file, 0) == 0);
  pieces_leave_file(true);
  require(look() == 0 && pieces_lost() == 1);
  add(2);
}

/* The child's pieces are as of pieces_fork_prepare, whatever the parent writes afterwards. */
static void fork_with_file(void) {
  begin();
  add(1);
  require(pieces_to_file(file) == 0);
  struct item *i = (struct item *)pieces_head.piece[1].address;
  uint64_t mapped = os_mapped_bytes();
  pieces_fork_prepare();
  i->value = i->twice = 0; /* another thread of the parent goes on */
  pid_t child = fork();
  if (child == 0) {
    pieces_fork_child();
    bool right = i->value == 1 && i->twice == 2 && !pieces_hold((uintptr_t)i);
    i->value = 77;
    _exit(!right);
  }
  pieces_fork_parent();
  int status;
  require(waitpid(child, &status, 0) == child && status == 0);
  require(i->value == 0 && pieces_hold((uintptr_t)i) && os_mapped_bytes() == mapped);
}

/* Pieces that another thread adds between the two are the child's, too. */
static void fork_after_more(void) {
  begin();
  add(1);
  require(pieces_to_file(file) == 0);
  pieces_fork_prepare();
  for (uint64_t i = 2; i <= ITEMS; i++)
    add(i);
  pid_t child = fork();
  if (child == 0) {
    unsigned before = pieces_head.pieces;
    pieces_fork_child();
    require(pieces_head.pieces == before && look() > ITEMS / 2);
    add(1);
    make_file();
    require(pieces_to_file(file) == 0);
    _exit(0);
  }
  pieces_fork_parent();
  int status;
  require(waitpid(child, &status, 0) == child && status == 0);
  require(look() == ITEMS);
}

/* A thread that vanishes while it adds a piece may leave one without memory: the child's own file
 * does without it, or has it for itself. */
static uint64_t *const place = (uint64_t *)(UINT64_C(1) << 40);

static void child_has_a_file(void) {
  pieces_fork_child();
  for (unsigned i = 0; i < pieces_head.pieces; i++)
    if (pieces_head.piece[i].address == (uintptr_t)place && pieces_head.piece[i].bytes != 0)
      *place = 77;
  make_file();
  require(pieces_to_file(file) == 0);
  add(2);
  require(look() == 2 && pieces_head.private_pieces == 0);
}

static void fork_and_look(void) {
  pieces_fork_prepare();
  in_child(child_has_a_file);
  pieces_fork_parent();
}

static void map_piece(void) { require(piece_map_at(PIECE_COUNTS, place, PAGE_BYTES)); }

static void adder_vanishes(void) {
  begin();
  add(1);
  require(pieces_to_file(file) == 0);
  require(fork_anywhere(map_piece, fork_and_look) > 20);
  require(*place == 0); /* no child has written into its parent's file */
}

APART_BY_STEPS(adder_vanishes)

/* A file that cannot grow: further pieces are private, and said to be. */
static int open_nothing(void) { return -1; }
static void no_room(void) {
  begin();
  add(1);
  require(pieces_to_file(file) == 0);
  pieces_open_file = open_nothing;
  for (uint64_t i = 1; i <= ITEMS; i++)
    add(i);
  require(look() == ITEMS + 1 && pieces_head.private_pieces > 0);
}

static void test_threads(void **state) { (void)state, in_child(use_threads); }
static void test_file(void **state) { (void)state, in_child(move_in_and_out); }
static void test_lost(void **state) { (void)state, in_child(lose_file); }
static void test_fork(void **state) { (void)state, in_child(fork_with_file); }
static void test_more(void **state) { (void)state, in_child(fork_after_more); }
static void test_no_fallocate(void **state) { (void)state, in_child(no_fallocate); }
static void test_no_room(void **state) { (void)state, in_child(no_room); }

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_threads),      cmocka_unit_test(test_file),
      cmocka_unit_test(test_lost),         cmocka_unit_test(test_fork),
      cmocka_unit_test(test_more),         cmocka_unit_test(test_no_room),
      cmocka_unit_test(test_no_fallocate), cmocka_unit_test(test_adder_vanishes)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
