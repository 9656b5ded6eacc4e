/* Where calls of mmap and its family go; contract and picture in mapped_calls.h.
 *
 * A range is booked for the call site that mapped it, or moved or resized it last: mremap counts as
 * unmapping and mapping, as realloc counts as a free and an allocation.
 */
#include "mapped_calls.h"
#include "caller.h"
#include "capture_state.h"
#include "dump_format.h"
#include "large_tagged.h"
#include "mapped_books.h"
#include "os.h"
#include "own_calls.h"
#include "setup.h"

#include <dlfcn.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/shm.h>
#include <sys/syscall.h>

/* ---- the system calls, where dlsym finds nothing ---- */

static void *raw_mmap(void *address, size_t bytes, int protection, int flags, int fd,
                      off_t offset) {
  return (void *)own_call(SYS_mmap, address, bytes, protection, flags, fd, offset);
}
static int raw_munmap(void *address, size_t bytes) {
  return (int)own_call(SYS_munmap, address, bytes);
}
static void *raw_mremap(void *address, size_t old, size_t bytes, int flags, void *to) {
  return (void *)own_call(SYS_mremap, address, old, bytes, flags, to);
}
static void *raw_shmat(int id, const void *address, int flags) {
  return (void *)own_call(SYS_shmat, id, address, flags);
}
static int raw_shmdt(const void *address) { return (int)own_call(SYS_shmdt, address); }

/* The break is libc's: it keeps in mind where it is. */
static int no_brk(void *end) {
  (void)end;
  return (int)own_result(-ENOMEM);
}
static void *no_sbrk(intptr_t bytes) {
  (void)bytes;
  return (void *)own_result(-ENOMEM);
}

static int no_thread(pthread_t *thread, const pthread_attr_t *attributes, thread_function *start,
                     void *argument) {
  (void)thread, (void)attributes, (void)start, (void)argument;
  return EAGAIN;
}

static struct mapped_calls next = {.mmap = raw_mmap,
                                   .munmap = raw_munmap,
                                   .mremap = raw_mremap,
                                   .brk = no_brk,
                                   .sbrk = no_sbrk,
                                   .shmat = raw_shmat,
                                   .shmdt = raw_shmdt,
                                   .pthread_create = no_thread};

/* ---- who calls ---- */

struct who {
  uint32_t arena, site;
};

/* A thread's first request may be this one.  Signals are blocked while it gets its arena: mmap,
 * other than malloc, is called in handlers. */
static cold struct heap *heap_now(void) {
  uint64_t signals;
  if (!setup_is_ready() || os_forbids(OS_MASKS))
    return NULL;
  os_signals_block(&signals);
  struct heap *h = heap_of_thread();
  os_signals_restore(&signals);
  return h;
}

static struct who who_calls(const void *frame) {
  struct heap *h = heap_mine();
  if (unlikely(h == NULL))
    h = heap_now();
  if (h == NULL || capture_of(h) == NULL) /* or tags were switched on, and not for it yet */
    return (struct who){h == NULL ? 0 : heap_number(h) + 1, SITE_NONE};
  return (struct who){heap_number(h) + 1, large_site(h, frame)};
}

static void add(const void *frame, void *at, size_t bytes, const struct mapped_what *what) {
  int saved = errno;
  struct who w = who_calls(frame);
  mapped_add(w.arena, w.site, (uintptr_t)at, bytes, what);
  errno = saved;
}

/* ---- sizes ---- */

/* The bytes that a call concerns: whole pages, but none beyond the end of addresses, where it
 * fails. */
static size_t whole_pages(const void *at, size_t bytes, size_t page) {
  size_t whole = round_up(bytes, page), most = -(uintptr_t)at & -page;
  return bytes <= whole && (most == 0 || whole <= most) ? whole : bytes & -page;
}

enum { HUGE_SHIFT_DEFAULT = 21, HUGE_SHIFT_MASK = 63 };

/* Anonymous huge pages are mapped whole. */
static size_t page_bytes(int flags) {
  unsigned shift = (unsigned)flags >> MAP_HUGE_SHIFT & HUGE_SHIFT_MASK;
  if ((flags & (MAP_HUGETLB | MAP_ANONYMOUS)) != (MAP_HUGETLB | MAP_ANONYMOUS))
    return PAGE_BYTES;
  return (size_t)1 << (shift != 0 ? shift : HUGE_SHIFT_DEFAULT);
}

static bool is_page(const void *at) { return (uintptr_t)at % PAGE_BYTES == 0; }

/* Takes what the call is about to replace or unmap, if it can. */
static void take(struct mapped_taking *t, bool wanted, const void *at, size_t bytes) {
  if (wanted && is_page(at))
    mapped_take(t, (uintptr_t)at, (uintptr_t)at + bytes);
  else
    *t = (struct mapped_taking){0};
}

/* ---- mmap and munmap ---- */

static bool replaces(int flags) { return (flags & (MAP_FIXED | MAP_FIXED_NOREPLACE)) == MAP_FIXED; }

static void *booked_mmap(void *address, size_t bytes, int protection, int flags, int fd,
                         off_t offset) {
  struct mapped_taking old;
  size_t whole = whole_pages(address, bytes, page_bytes(flags));
  bool file = (flags & MAP_ANONYMOUS) == 0;
  take(&old, replaces(flags), address, whole);
  void *at = next.mmap(address, bytes, protection, flags, fd, offset);
  mapped_taken(&old, at != MAP_FAILED);
  if (at != MAP_FAILED)
    add(caller_frame(), at, whole,
        &(struct mapped_what){.offset = file ? (uint64_t)offset : 0,
                              .flags = (uint32_t)flags,
                              .protection = (uint16_t)protection,
                              .kind = file ? DUMP_MAP_FILE : DUMP_MAP_ANONYMOUS});
  return at;
}

static int booked_munmap(void *address, size_t bytes) {
  struct mapped_taking t;
  take(&t, true, address, whole_pages(address, bytes, PAGE_BYTES));
  int result = next.munmap(address, bytes);
  mapped_taken(&t, result == 0);
  return result;
}

/* ---- mremap ---- */

/* What the old range was; of a mapping that the books do not know, nothing is known. */
static struct mapped_what what_was(const struct mapped_taking *old, const void *address) {
  struct mapped_what what = {.kind = DUMP_MAP_UNKNOWN};
  if (!mapped_taken_find(old, (uintptr_t)address, &what))
    mapped_find((uintptr_t)address, &what);
  return what;
}

static void *booked_mremap(void *address, size_t old, size_t bytes, int flags, void *to) {
  struct mapped_taking from, over;
  size_t whole = whole_pages((flags & MREMAP_FIXED) != 0 ? to : NULL, bytes, PAGE_BYTES);
  take(&from, (flags & MREMAP_DONTUNMAP) == 0, address, whole_pages(address, old, PAGE_BYTES));
  struct mapped_what what = what_was(&from, address);
  take(&over, (flags & MREMAP_FIXED) != 0, to, whole);
  void *at = next.mremap(address, old, bytes, flags, to);
  mapped_taken(&over, at != MAP_FAILED);
  mapped_taken(&from, at != MAP_FAILED);
  if (at != MAP_FAILED)
    add(caller_frame(), at, whole, &what);
  return at;
}

/* ---- the break ---- */

static const struct mapped_what of_break = {.flags = MAP_PRIVATE | MAP_ANONYMOUS,
                                            .protection = PROT_READ | PROT_WRITE,
                                            .kind = DUMP_MAP_BREAK};

/* Below the program's data there is no break: the call leaves it where it is, and succeeds. */
static bool break_is(uintptr_t end) { return (uintptr_t)next.sbrk(0) == end; }

static int booked_brk(void *end) {
  struct mapped_taking t = {0};
  char *before = next.sbrk(0);
  if ((char *)end < before)
    mapped_take(&t, (uintptr_t)end, (uintptr_t)before);
  int result = next.brk(end);
  mapped_taken(&t, break_is((uintptr_t)end));
  if (result == 0 && (char *)end > before)
    add(caller_frame(), before, (size_t)((char *)end - before), &of_break);
  return result;
}

static void *booked_sbrk(intptr_t bytes) {
  struct mapped_taking t = {0};
  uintptr_t before = bytes < 0 ? (uintptr_t)next.sbrk(0) : 0, end = before + (uintptr_t)bytes;
  if (bytes < 0 && end < before)
    mapped_take(&t, end, before);
  void *at = next.sbrk(bytes);
  mapped_taken(&t, bytes >= 0 || break_is(end));
  if (bytes > 0 && at != (void *)-1)
    add(caller_frame(), at, (size_t)bytes, &of_break);
  return at;
}

/* ---- System V shared memory ---- */

/* The segment's size in whole pages; 0: not known. */
static size_t segment_bytes(int id) {
  struct shmid_ds s = {0};
  if (os_forbids(OS_FIGURES) || cpu_syscall(SYS_shmctl, id, IPC_STAT, (long)&s, 0, 0, 0) < 0)
    return 0;
  return round_up(s.shm_segsz, PAGE_BYTES);
}

static void *booked_shmat(int id, const void *address, int flags) {
  struct mapped_taking over;
  size_t bytes = segment_bytes(id);
  take(&over, (flags & SHM_REMAP) != 0 && address != NULL, address, bytes);
  void *at = next.shmat(id, address, flags);
  mapped_taken(&over, at != (void *)-1);
  if (at != (void *)-1 && bytes != 0)
    add(caller_frame(), at, bytes,
        &(struct mapped_what){.segment = bytes,
                              .flags = MAP_SHARED,
                              .protection =
                                  PROT_READ | ((flags & SHM_RDONLY) != 0 ? 0 : PROT_WRITE),
                              .kind = DUMP_MAP_SEGMENT});
  return at;
}

static int booked_shmdt(const void *address) {
  struct mapped_taking t;
  mapped_take_segment(&t, (uintptr_t)address);
  int result = next.shmdt(address);
  mapped_taken(&t, result == 0);
  return result;
}

/* ---- threads' stacks ---- */

static int booked_pthread_create(pthread_t *thread, const pthread_attr_t *attributes,
                                 thread_function *start, void *argument) {
  int saved = errno;
  struct who w = who_calls(caller_frame());
  struct thread_cell *cell = mapped_thread_new(attributes, start, argument, w.arena, w.site);
  errno = saved;
  if (cell == NULL)
    return next.pthread_create(thread, attributes, start, argument);
  int error = next.pthread_create(thread, attributes, mapped_thread_starts, cell);
  mapped_thread_made(cell, error == 0);
  return error;
}

static const struct mapped_calls booked = {.mmap = booked_mmap,
                                           .munmap = booked_munmap,
                                           .mremap = booked_mremap,
                                           .brk = booked_brk,
                                           .sbrk = booked_sbrk,
                                           .shmat = booked_shmat,
                                           .shmdt = booked_shmdt,
                                           .pthread_create = booked_pthread_create};

/* ---- calls before the constructor ---- */

static void *first_mmap(void *address, size_t bytes, int protection, int flags, int fd,
                        off_t offset) {
  mapped_calls_setup();
  return mapped_calls.mmap(address, bytes, protection, flags, fd, offset);
}
static int first_munmap(void *address, size_t bytes) {
  mapped_calls_setup();
  return mapped_calls.munmap(address, bytes);
}
static void *first_mremap(void *address, size_t old, size_t bytes, int flags, void *to) {
  mapped_calls_setup();
  return mapped_calls.mremap(address, old, bytes, flags, to);
}
static int first_brk(void *end) {
  mapped_calls_setup();
  return mapped_calls.brk(end);
}
static void *first_sbrk(intptr_t bytes) {
  mapped_calls_setup();
  return mapped_calls.sbrk(bytes);
}
static void *first_shmat(int id, const void *address, int flags) {
  mapped_calls_setup();
  return mapped_calls.shmat(id, address, flags);
}
static int first_shmdt(const void *address) {
  mapped_calls_setup();
  return mapped_calls.shmdt(address);
}

static int first_pthread_create(pthread_t *thread, const pthread_attr_t *attributes,
                                thread_function *start, void *argument) {
  mapped_calls_setup();
  return mapped_calls.pthread_create(thread, attributes, start, argument);
}

hidden struct mapped_calls mapped_calls = {.mmap = first_mmap,
                                           .munmap = first_munmap,
                                           .mremap = first_mremap,
                                           .brk = first_brk,
                                           .sbrk = first_sbrk,
                                           .shmat = first_shmat,
                                           .shmdt = first_shmdt,
                                           .pthread_create = first_pthread_create};

/* Sets the function pointer at `to` if there is such a function. */
static void find(const char *name, void *to) {
  void *found = dlsym(RTLD_NEXT, name);
  if (found != NULL)
    memcpy(to, &found, sizeof found);
}

/* Another library's wrapper of dlsym may map memory, too: what it needs is there already. */
void mapped_calls_setup(void) {
  struct mapped_calls found = next;
  mapped_calls = next;
  setup_once();
  find("mmap", &found.mmap);
  find("munmap", &found.munmap);
  find("mremap", &found.mremap);
  find("brk", &found.brk);
  find("sbrk", &found.sbrk);
  find("shmat", &found.shmat);
  find("shmdt", &found.shmdt);
  find("pthread_create", &found.pthread_create);
  next = found;
  mapped_calls = tagged_mode == TAGGED_NONE ? found : booked;
}

void mapped_calls_book(void) { mapped_calls = booked; }
