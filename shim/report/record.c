/* The record's head and its file; contract in record.h. */
#include "record.h"
#include "account.h"
#include "big_stack.h"
#include "capture.h"
#include "dump.h"
#include "fork_gate.h"
#include "health.h"
#include "heap_counts.h"
#include "heap_thread.h"
#include "huge.h"
#include "huge_pages.h"
#include "modules.h"
#include "options.h"
#include "os.h"
#include "page_map.h"
#include "path_tree.h"
#include "pieces.h"
#include "program.h"
#include "purge_policy.h"
#include "record_format.h"
#include "sandbox.h"
#include "sink.h"
#include "tag_mode.h"
#include "timeline.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* ---- the format is what the process has ---- */

static_assert(sizeof(struct record_head) == sizeof(struct pieces_head), "format");
static_assert(offsetof(struct record_head, process) == offsetof(struct pieces_head, user),
              "format");
static_assert(offsetof(struct record_head, peak_live) == offsetof(struct pieces_head, peak),
              "format");
static_assert(offsetof(struct record_head, piece) == offsetof(struct pieces_head, piece), "format");
static_assert(sizeof(struct record_piece) == sizeof(struct piece), "format");
static_assert((int)RECORD_COUNTS_BYTES == (int)HEAP_BYTES &&
                  (int)RECORD_CLASSES == (int)CLASS_SLOTS,
              "format");
static_assert(sizeof(struct record_counts) == sizeof(struct heap_counts), "format");
static_assert(offsetof(struct record_counts, name) == offsetof(struct heap_counts, name), "format");
static_assert(sizeof(struct record_account) == sizeof(struct account), "format");
static_assert(offsetof(struct record_account, epoch) == offsetof(struct account, epoch), "format");
static_assert(offsetof(struct record_account, arena) == offsetof(struct account, arena), "format");
static_assert(sizeof(struct record_slab) == sizeof(struct slab), "format");
static_assert(offsetof(struct record_slab, carved) == offsetof(struct slab, carved), "format");
static_assert(offsetof(struct record_slab, size_class) == offsetof(struct slab, class), "format");
static_assert(offsetof(struct record_slab, free) == offsetof(struct slab, free), "format");
static_assert(sizeof(struct record_owned) == sizeof(struct os_owned) &&
                  (int)RECORD_OWNED == (int)OS_OWNED_MOST,
              "format");
static_assert(sizeof(struct record_idle) == sizeof(struct extent) &&
                  (int)RECORD_IDLE == (int)HUGE_IDLE_MOST,
              "format");
static_assert((int)RECORD_LEAF_PAGES == (int)LEAF_PAGES &&
                  (int)RECORD_PAGE_HUGE == (int)PAGE_HUGE &&
                  (int)RECORD_PAGE_IDLE == (int)PAGE_IDLE,
              "format");
static_assert((int)RECORD_PAGE_TAGGED == (int)PAGE_TAGGED, "format");
static_assert((int)RECORD_NO_SMALL == (int)NO_SMALL, "format");
static_assert(RECORD_REMOTE_LARGE == ACCOUNT_REMOTE_LARGE, "format");
static_assert((int)RECORD_TEXT == (int)PIECE_TEXT, "format");
static_assert((int)RECORD_SHARES == (int)PIECE_SHARES, "format");
static_assert((int)RECORD_LIVES == (int)PIECE_LIVES, "format");
static_assert(sizeof(struct record_lives) == sizeof(struct life_counts), "format");
static_assert(offsetof(struct record_lives, restart) == offsetof(struct life_counts, restart),
              "format");

static struct {
  _Atomic uint32_t tick_ms; /* of the last gauges */
  atomic_flag busy;
  bool wanted;                /* a file is, and there is none yet */
  char name[OUTPUT_NAME_MAX]; /* of the file; "": there is none */
  dev_t device;
  ino_t inode;
  struct sink sink;
} record = {.busy = ATOMIC_FLAG_INIT};

static struct record_process *head(void) { return (struct record_process *)pieces_head.user; }

/* ---- the head ---- */

static void put_text(char *to, size_t room, const char *text) {
  size_t n = strnlen(text, room - 1);
  memcpy(to, text, n);
  to[n] = '\0';
}

static void put_options(struct record_process *p) {
  struct text t = {.bytes = p->options, .capacity = sizeof p->options - 1};
  options_text(options_now(), &t, "", ' ');
  p->options[t.length] = '\0';
}

/* What tags are; it changes when somebody attaches (process/attached.h). */
static void put_tags(struct record_process *p) {
  p->tags = tagged_tags();
  p->depth = tagged_depth();
  p->sample_bytes = tagged_sample_bytes();
  p->flags = (p->flags & ~(uint32_t)DUMP_ATTACHED) | (tagged_since_attach() ? DUMP_ATTACHED : 0);
}

static void put_places(struct record_process *p) {
  const unsigned *idle;
  p->idle_at = (uintptr_t)pages_idle_list(&idle);
  p->idle_count_at = (uintptr_t)idle;
  p->owned_at = (uintptr_t)os_owned;
  p->page_map_at = (uintptr_t)page_map_directory;
  p->data_at = range.base;
  p->span_at = (uintptr_t)&range.span;
  p->rows_at = range_section_start(SECTION_COUNTS);
  p->tags_at = range_section_start(SECTION_TAGS);
}

static void put_process(struct record_process *p) {
  const struct options *o = options_now();
  /* No system call otherwise: a reader knows whom it reads. */
  if (options_write_files(o) && !sandbox_forbids_reports()) {
    p->pid = (uint32_t)getpid();
    p->ppid = (uint32_t)getppid();
  }
  p->flags = (gate_is_child() ? DUMP_FORK_CHILD : 0) |
             (tagged_mode != TAGGED_NONE ? 0 : DUMP_PEAK_BOUND) |
             (tagged_lacks_unwinder() ? DUMP_NO_UNWINDER : 0);
  put_tags(p);
  p->block_bytes = o->block_bytes;
  p->slab_bytes = SLAB_BYTES;
  p->heaps_at = (uintptr_t)heap_at(0);
  p->slabs_at = range.slab_rows;
  put_places(p);
  p->start_ns = program_began_ns();
  p->start_mono = os_clock_ns(CLOCK_MONOTONIC) - program_lived_ns();
  p->timeline_first = timeline_first();
  __atomic_store_n(&p->state, RECORD_RUNNING, __ATOMIC_RELEASE);
}

/* ---- gauges ---- */

static void put_gauge(uint64_t *to, uint64_t value) {
  __atomic_store_n(to, value, __ATOMIC_RELAXED);
}

/* Cheap enough to be published in each slow path, whether there was a request or only frees: it is
 * the last that a reader learns of a process that is killed, and all that it learns of one that
 * sleeps. */
static void put_amounts(struct record_process *p) {
  put_gauge(&p->mapped, os_mapped_bytes());
  put_gauge(&p->large_mapped, page_map_mapped_bytes());
  put_gauge(&p->large_live, purge_live_bytes() + huge_live_bytes());
}

static void put_gauges(struct record_process *p) {
  put_tags(p);
  put_amounts(p);
  p->arenas = heap_count();
  p->nodes = path_nodes();
  p->span_bytes = range_span();
  p->tables_bytes = pieces_item_bytes() + path_bytes() + capture_bytes() + modules_bytes();
  if (tagged_mode != TAGGED_NONE)
    health_counts(p->health);
  p->changed_mono = os_clock_ns(CLOCK_MONOTONIC_COARSE);
}

/* ---- the file ---- */

static bool move_pieces(struct sink *k, void *unused) {
  struct stat s;
  (void)unused;
  errno = ESPIPE;
  if (k->kind != OUTPUT_FILE || fstat(k->fd, &s) != 0)
    return false;
  record.device = s.st_dev;
  record.inode = s.st_ino;
  errno = pieces_to_file(k->fd);
  return errno == 0;
}

static bool is_record(const struct stat *s) {
  return s->st_dev == record.device && s->st_ino == record.inode;
}

/* For pieces_open_file: the file may have been removed, or replaced by somebody. */
static int open_again(void) {
  struct stat s;
  if (sandbox_forbids_reports())
    return -1;
  int saved = errno, fd = open(record.name, O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY);
  bool same = fd >= 0 && fstat(fd, &s) == 0 && is_record(&s);
  if (fd >= 0 && !same)
    close(fd);
  errno = saved;
  return same ? fd : -1;
}

/* Is the record the dump's companion, in one directory?  Then it is not worth a line of its own
 * that it can't be made: a line about the dump has said so, or the dump can be made. */
static bool is_beside_dump(const struct options *o) {
  size_t n = (size_t)(text_base(o->record_pattern) - o->record_pattern);
  return o->dump && n == (size_t)(text_base(o->dump_pattern) - o->dump_pattern) &&
         memcmp(o->record_pattern, o->dump_pattern, n) == 0;
}

/* A reader of the file may be in another namespace, where the process has another number. */
static void put_namespace(struct record_process *p) {
  struct stat s;
  p->pid_namespace = stat("/proc/self/ns/pid", &s) == 0 ? s.st_ino : 0;
}

static void begin_file(void) {
  const struct options *o = options_now();
  int saved = errno;
  record.wanted = false;
  pieces_open_file = open_again;
  if (!sandbox_forbids_reports())
    put_namespace(head());
  if (!sandbox_forbids_reports() && sink_write(&record.sink, "record", o->record_pattern,
                                               is_beside_dump(o), move_pieces, NULL) == 0)
    memcpy(record.name, record.sink.name, sizeof record.name);
  errno = saved;
}

struct record_process *record_head(void) {
  return head();
}

void record_setup(void) {
  struct record_process *p = head();
  put_text(p->program, sizeof p->program, program_name());
  put_text(p->host, sizeof p->host, program_host());
  put_text(p->version, sizeof p->version, ARENASHIM_VERSION);
  put_text(p->command, sizeof p->command, program_command());
  put_options(p);
  put_process(p);
  put_gauges(p);
  timeline_setup(options_write_files(options_now()) || options_now()->record);
  if (options_now()->record)
    begin_file();
}

/* ---- now and then ---- */

/* A child that lives for less time than this gets no file: most start another program at once. */
#define CHILD_NS UINT64_C(20000000)

static bool is_alone(void) {
  unsigned running = 0;
  for (unsigned i = 0; i < heap_count(); i++)
    running += heap_thread(i) != 0;
  return running <= 1;
}

static void begin_child(void) {
  if (!is_alone())
    record.wanted = false;
  else if (program_lived_ns() >= CHILD_NS)
    begin_file();
}

static void tick(void *unused) {
  (void)unused;
  put_gauges(head());
  if (record.wanted)
    begin_child();
  timeline_tick();
}

void record_note_amounts(void) { put_amounts(head()); }

void record_note_tags(void) {
  put_tags(head());
  put_amounts(head());
}

/* The program's own stack may be small. */
void record_tick(void) {
  uint32_t now = os_now_ms();
  if (likely(now - record.tick_ms < RECORD_TICK_MS) || atomic_flag_test_and_set(&record.busy))
    return;
  record.tick_ms = now;
  on_big_stack(tick, NULL);
  atomic_flag_clear(&record.busy);
}

void record_fork_child(void) {
  atomic_flag_clear(&record.busy);
  record.name[0] = '\0';
  timeline_fork_child();
  put_process(head());
  record.wanted = options_now()->record;
}

/* ---- the end ---- */

/* A path as a pattern that stands for it. */
static void escape(char to[PATTERN_MAX], const char *path) {
  struct text t = {.bytes = to, .capacity = PATTERN_MAX - 1};
  for (; *path != '\0'; path++) {
    text_char(&t, *path);
    if (*path == '%')
      text_char(&t, '%');
  }
  to[t.length] = '\0';
}

void record_remove(void) {
  if (record.name[0] != '\0')
    unlink(record.name);
}

void record_end(enum dump_reason reason, bool dumped) {
  static char pattern[PATTERN_MAX];
  const struct options *o = options_now();
  if (!o->record)
    return;
  put_gauges(head());
  __atomic_store_n(&head()->state, RECORD_ENDED, __ATOMIC_RELEASE);
  if (record.name[0] == '\0') {
    if (!o->dump && record.wanted)
      dump_write(reason, 0, o->record_pattern);
    return;
  }
  escape(pattern, record.name);
  if (!o->dump)
    dump_replace(reason, pattern);
  else if (dumped)
    record_remove();
}
