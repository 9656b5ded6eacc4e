/* Reads limits and what is used of them; contract in memory_limits.h. */
#include "memory_limits.h"
#include "cgroup.h"
#include "digits.h"

#include <string.h>
#include <sys/resource.h>

static const char membership[] = "/proc/self/cgroup";

/* What limits were when they could be read last; 0: there was none. */
static struct { uint64_t cgroup, address_space, data; } known;

void memory_limits_setup(void) { cgroup_find_mounts("/proc/self/mountinfo"); }

/* ---- the nearest ---- */

/* What is common to all limits in one call. */
struct look {
  struct memory_limits *m;
  unsigned share;
  uint64_t held, soon;
  uint64_t untouched; /* bytes that are held, but not resident */
  bool readable;
};

static void keep_nearer(struct limit_use *nearest, struct limit_use u) {
  if (nearest->kind == DUMP_LIMIT_NONE || limit_share(&u) > limit_share(nearest))
    *nearest = u;
}

static void add(const struct look *l, enum dump_limit kind, uint64_t limit, uint64_t charged,
                uint64_t reserved) {
  struct memory_limits *m = l->m;
  reserved += l->soon < limit ? l->soon : 0;
  uint64_t room = count_less(limit_bytes_at(l->share, limit), reserved);
  m->room = m->smallest == 0 ? room : lesser_of(m->room, room);
  m->smallest = m->smallest == 0 ? limit : lesser_of(m->smallest, limit);
  keep_nearer(&m->charged, (struct limit_use){kind, limit, charged});
  keep_nearer(&m->reserved, (struct limit_use){kind, limit, reserved});
}

/* ---- this process ---- */

struct process_size {
  uint64_t address_space, resident, shared, text, library, data; /* bytes, in statm's order */
};

static bool read_size(char *line, void *to) {
  uint64_t *number = to;
  const char *at = line;
  size_t pages;
  for (size_t i = 0; i < sizeof(struct process_size) / sizeof *number; i++, at++) {
    if (!digits_read(&at, &pages))
      break;
    number[i] = pages * PAGE_BYTES;
  }
  return false;
}

static bool size_of_process(struct process_size *s) {
  *s = (struct process_size){0};
  return file_lines("/proc/self/statm", read_size, s) && s->address_space != 0;
}

/* ---- cgroups ---- */

/* memory.stat costs the kernel more than the other files: it is read only if it can matter. */
static void add_level(const struct look *l, struct cgroup *c, uint64_t limit) {
  uint64_t charge;
  if (!cgroup_charge(c, &charge))
    return;
  if (charge + l->untouched + l->soon >= limit_bytes_at(l->share, limit))
    charge = count_less(charge, cgroup_reclaimable(c));
  add(l, DUMP_LIMIT_CGROUP, limit, charge, charge + l->untouched);
}

/* Adds the limits of a cgroup and of those above it.  False if none of its files was there. */
static bool add_cgroups(const struct look *l, enum cgroup_version version) {
  static struct cgroup c; /* too large for the program's stack; one thread at a time */
  bool any = false;
  if (!cgroup_find(version, membership, &c))
    return false;
  do {
    uint64_t limit;
    enum cgroup_answer answer = cgroup_limit(&c, &limit);
    any |= answer != CGROUP_UNKNOWN;
    if (answer == CGROUP_LIMITED) {
      add_level(l, &c, limit);
      known.cgroup = known.cgroup == 0 ? limit : lesser_of(known.cgroup, limit);
    }
  } while (cgroup_go_up(&c));
  return any;
}

static void add_all_cgroups(const struct look *l, bool sized) {
  uint64_t before = known.cgroup;
  known.cgroup = 0;
  bool any = false;
  for (unsigned v = 0; sized && v < CGROUP_VERSIONS; v++)
    any |= add_cgroups(l, (enum cgroup_version)v);
  if (any)
    return;
  known.cgroup = before;
  if (known.cgroup != 0)
    add(l, DUMP_LIMIT_CGROUP, known.cgroup, l->held, l->held);
}

/* ---- limits of the process ---- */

/* `used`: 0, if it is not known. */
static void add_rlimit(const struct look *l, int what, enum dump_limit kind, uint64_t *last,
                       uint64_t used) {
  struct rlimit r;
  if (l->readable && getrlimit(what, &r) == 0)
    *last = r.rlim_cur == RLIM_INFINITY ? 0 : r.rlim_cur;
  used = used != 0 ? used : l->held;
  if (*last != 0)
    add(l, kind, *last, used, used);
}

void memory_limits_read(struct memory_limits *m, unsigned share, uint64_t held, uint64_t soon,
                        bool readable) {
  struct process_size s = {0};
  struct look l = {.m = m, .share = share, .held = held, .soon = soon, .readable = readable};
  *m = (struct memory_limits){0};
  bool sized = readable && size_of_process(&s);
  l.untouched = sized ? count_less(held, count_less(s.resident, s.shared)) : 0;
  add_all_cgroups(&l, sized);
  add_rlimit(&l, RLIMIT_AS, DUMP_LIMIT_ADDRESS_SPACE, &known.address_space, s.address_space);
  add_rlimit(&l, RLIMIT_DATA, DUMP_LIMIT_DATA, &known.data, s.data);
}

void memory_limits_of_size(struct memory_limits *m, uint64_t size, uint64_t mapped) {
  struct look l = {.m = m, .share = WHOLE_LIMIT};
  *m = (struct memory_limits){0};
  add(&l, DUMP_LIMIT_SIZE, size, mapped, mapped);
}
