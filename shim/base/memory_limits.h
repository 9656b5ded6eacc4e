/* How near the process is to a limit of memory: of its cgroups, RLIMIT_AS, RLIMIT_DATA.
 *
 * Which figure is compared.  The OOM killer goes by what is charged to a cgroup, by all processes
 * in it, that the kernel cannot take back: so pages of files, which it takes back first and which
 * fill many a container to its limit, are not counted.  A page is charged when it is touched, and
 * no allocator is asked then: a program can map 190 of 200 MiB, and be killed minutes later without
 * another request.  So two figures are kept, and the one that passes first matters:
 *
 *   charged  = charge of the cgroup - pages of files         what has happened
 *   reserved = charged + (held - anonymous resident)         what can happen without a request
 *
 * `held` is what the allocator has handed out.  What it has mapped beyond that does not count: a
 * request must come before that is touched, and jemalloc maps a fifth more than it needs.
 * Anonymous resident pages are the process's, others than the allocator's included, so `reserved`
 * is rather too low.  Of RLIMIT_AS and RLIMIT_DATA both figures are the kernel's count of
 * addresses: there a request fails, touched or not.
 *
 * Where the files cannot be read any more (another root, no descriptor left), the last limit that
 * was read is compared with `held`.
 *
 * By one thread at a time; nothing is allocated, errno is kept.
 */
#ifndef SHIM_MEMORY_LIMITS_H
#define SHIM_MEMORY_LIMITS_H

#include "base.h"
#include "dump_format.h"

/* A limit, and how many bytes of it are used. */
struct limit_use {
  enum dump_limit kind; /* DUMP_LIMIT_NONE: there is no limit */
  uint64_t limit, bytes;
};

/* In thousandths of the limit; 0 without one. */
enum { WHOLE_LIMIT = 1000 };
static inline uint64_t limit_share(const struct limit_use *u) {
  return u->limit == 0 ? 0 : u->bytes * WHOLE_LIMIT / u->limit;
}

/* Bytes of a limit that are so many thousandths of it. */
static inline uint64_t limit_bytes_at(uint64_t share, uint64_t limit) {
  return limit / WHOLE_LIMIT * share + limit % WHOLE_LIMIT * share / WHOLE_LIMIT;
}

struct memory_limits {
  struct limit_use charged, reserved; /* of the limits of which the highest shares are used */
  uint64_t smallest;                  /* limit, in bytes; 0: there is none */
  uint64_t room; /* bytes until `reserved` is at the share that was asked for, of any limit */
};

/* Finds out where cgroups are mounted.  In the constructor. */
hidden void memory_limits_setup(void);

/* Sets *m to the limits as they are now and to what is used of them; `room` is up to `share`, in
 * thousandths.  `held`, in bytes: see above; `soon`: bytes that come to it within the request under
 * way, ignored where they alone are more than the limit.  `readable`: files may be read, and limits
 * asked for; else as if they could not be. */
hidden void memory_limits_read(struct memory_limits *m, unsigned share, uint64_t held,
                               uint64_t soon, bool readable);

/* Sets *m for a limit of the user's, `size` bytes, of which `mapped` are used. */
hidden void memory_limits_of_size(struct memory_limits *m, uint64_t size, uint64_t mapped);

#endif
