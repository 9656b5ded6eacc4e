/* Finds filters and runs them; contract in sandbox.h. */
#include "sandbox.h"
#include "caller.h"
#include "os.h"
#include "own_calls.h"
#include "seccomp_run.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/single_threaded.h>
#include <sys/syscall.h>

/* From sys/prctl.h, which declares prctl differently from our definition. */
enum { SET_SECCOMP = 22, STRICT = 1, SET_TSC = 26, TSC_SIGSEGV = 2 };

/* What a system call is needed for, beside enum os_use.  If a filter ends the process for it, that
 * is given up. */
enum use {
  REPORTS = OS_USES_END,      /* reports and dumps */
  MEMBARRIER = REPORTS << 1,  /* waiting for other threads before a fork */
  MESSAGES = MEMBARRIER << 1, /* a line on stderr */
  LIMITS = MESSAGES << 1,     /* reading limits of memory */
  CORE = LIMITS << 1          /* asking which pages are in memory */
};

/* The system calls that are tried on a filter, with the arguments that filters look at. */
static const struct {
  int number;
  unsigned uses; /* enum use and os_use */
  uint64_t third;
  uint64_t second;
  uint64_t fourth;
} asked[] = {
    {SYS_openat, REPORTS, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0, 0},
    {SYS_openat, REPORTS | LIMITS, O_RDONLY | O_CLOEXEC, 0, 0},
    {SYS_openat, LIMITS, O_RDONLY | O_CLOEXEC | O_NOCTTY, 0, 0},
    {SYS_read, LIMITS, 0, 0, 0},
    {SYS_prlimit64, LIMITS, 0, RLIMIT_AS, 0},
    {SYS_close, REPORTS | LIMITS, 0, 0, 0},
    {SYS_fcntl, REPORTS, 0, 0, 0},
    {SYS_fstat, REPORTS | MESSAGES, 0, 0, 0},
    {SYS_newfstatat, REPORTS, 0, 0, 0},
    {SYS_link, REPORTS, 0, 0, 0},
    {SYS_rename, REPORTS, 0, 0, 0},
    {SYS_renameat2, REPORTS, 0, 0, 0},
    {SYS_geteuid, REPORTS, 0, 0, 0},
    {SYS_unlink, REPORTS, 0, 0, 0},
    {SYS_write, REPORTS | MESSAGES, 0, 0, 0},
    {SYS_pwrite64, REPORTS, 0, 0, 0},
    {SYS_pread64, REPORTS, 0, 0, 0},
    {SYS_lseek, REPORTS, 0, 0, 0},
    {SYS_rt_sigprocmask, REPORTS | MESSAGES | OS_MASKS, 0, 0, 0},
    {SYS_rt_sigpending, REPORTS, 0, 0, 0},
    {SYS_rt_sigtimedwait, REPORTS, 0, 0, 0},
    {SYS_futex, OS_READABLE, 0, OS_READABLE_FUTEX, 0},
    {SYS_getpid, REPORTS | MESSAGES, 0, 0, 0},
    {SYS_getppid, REPORTS, 0, 0, 0},
    {SYS_uname, REPORTS | MESSAGES, 0, 0, 0},
    {SYS_readlink, REPORTS, 0, 0, 0},
    {SYS_process_vm_readv, REPORTS, 0, 0, 0},
    {SYS_mincore, CORE, 0, 0, 0},
    {SYS_membarrier, MEMBARRIER, 0, 0, 0},
    {SYS_getrusage, OS_FIGURES, 0, 0, 0},
    {SYS_prctl, OS_FIGURES, 0, 0, 0},
    {SYS_mmap, OS_MMAP, PROT_READ | PROT_WRITE, PAGE_BYTES, MAP_PRIVATE | MAP_ANONYMOUS},
    {SYS_mremap, OS_MREMAP, 2 * PAGE_BYTES, PAGE_BYTES, MREMAP_MAYMOVE},
    {SYS_munmap, OS_MUNMAP, 0, PAGE_BYTES, 0},
    {SYS_mprotect, OS_MPROTECT, PROT_READ | PROT_WRITE, PAGE_BYTES, 0},
    {SYS_madvise, OS_MADVISE, MADV_DONTNEED, PAGE_BYTES, 0},
};

hidden bool own_clock_coarse; /* own_calls.h */

bool sandbox_forbids_reports(void) { return os_forbids(REPORTS); }
bool sandbox_forbids_messages(void) { return os_forbids(MESSAGES); }
bool sandbox_forbids_masks(void) { return os_forbids(OS_MASKS); }
bool sandbox_forbids_limits(void) { return os_forbids(LIMITS); }
bool sandbox_forbids_mincore(void) { return os_forbids(CORE); }
bool sandbox_forbids_membarrier(void) { return os_forbids(MEMBARRIER); }

/* ---- whom a filter holds for ---- */

/* For this thread, and for those that it starts later, or for all. */
static void forbid(unsigned uses, bool all) {
  os_forbidden_here |= uses;
  if (all)
    atomic_fetch_or(&os_forbidden_all, uses);
}

void sandbox_thread_starts(void) { atomic_fetch_or(&os_forbidden_all, os_forbidden_here); }

/* A thread without others is the parent of all that follow, whoever starts them. */
static bool is_for_all(unsigned flags) {
  return __libc_single_threaded || (flags & SECCOMP_FILTER_FLAG_TSYNC) != 0;
}

/* ---- what a filter answers ---- */

/* Does the process go on after that answer? */
static bool is_harmless(uint32_t action) {
  uint32_t kind = action & SECCOMP_RET_ACTION_FULL;
  return kind == SECCOMP_RET_ALLOW || kind == SECCOMP_RET_ERRNO || kind == SECCOMP_RET_LOG;
}

/* First arguments that are tried.  Many filters allow writing to descriptors 1 and 2 only: 3 stands
 * for a file's descriptor, the last for the highest that stderr's duplicate can have. */
static const uint64_t firsts[] = {0, 3, OWN_DESCRIPTORS_BELOW - 1};

/* The program has installed that filter. */
static void filter_installed(const struct sock_fprog *p, bool all) {
  for (size_t i = 0; i < sizeof asked / sizeof *asked; i++)
    for (size_t f = 0; f < sizeof firsts / sizeof *firsts; f++) {
      struct seccomp_data d = {.nr = asked[i].number, .arch = AUDIT_ARCH_X86_64};
      d.args[0] = firsts[f];
      d.args[1] = asked[i].second;
      d.args[2] = asked[i].third;
      d.args[3] = asked[i].fourth;
      d.args[4] = ~UINT64_C(0);
      if (!is_harmless(seccomp_run(p, &d)))
        forbid(asked[i].uses, all);
    }
}

static void counter_forbidden(void) { own_clock_coarse = true; }

static void mode_installed(bool strict, const void *filter, unsigned flags) {
  if (strict)
    counter_forbidden();
  if (strict || filter == NULL)
    forbid(~0U, is_for_all(flags));
  else
    filter_installed(filter, is_for_all(flags));
}

/* ---- where filters are installed ---- */

exported int prctl(int what, long a, long b, long c, long d);
exported long syscall(long number, long a, long b, long c, long d, long e, long f);

static int first_prctl(int what, long a, long b, long c, long d) {
  return (int)own_result(cpu_syscall(SYS_prctl, what, a, b, c, d, 0));
}
static long first_syscall(long number, long a, long b, long c, long d, long e, long f) {
  return own_result(cpu_syscall(number, a, b, c, d, e, f));
}
static int (*next_prctl)(int, long, long, long, long) = first_prctl;
static long (*next_syscall)(long, long, long, long, long, long, long) = first_syscall;

static void prctl_done(int what, long a, long b) {
  if (what == SET_SECCOMP)
    mode_installed(a == STRICT, (const void *)b, 0);
  else if (what == SET_TSC && a == TSC_SIGSEGV)
    counter_forbidden();
}

int prctl(int what, long a, long b, long c, long d) {
  if (likely(what != SET_SECCOMP && what != SET_TSC))
    return next_prctl(what, a, b, c, d);
  int result = next_prctl(what, a, b, c, d);
  if (result == 0)
    prctl_done(what, a, b);
  return result;
}

static cold long seccomp_by_syscall(long number, long a, long b, long c, long d, long e, long f) {
  long result = next_syscall(number, a, b, c, d, e, f);
  if (result >= 0 && number == SYS_prctl)
    prctl_done((int)a, b, c);
  if (result >= 0 && number == SYS_seccomp && a <= SECCOMP_SET_MODE_FILTER)
    mode_installed(a == SECCOMP_SET_MODE_STRICT, (const void *)c, (unsigned)b);
  return result;
}

/* It must end with a jump to libc's function, not with a call: a program can call vfork by it, and
 * vfork must return to the program's own frame. */
long syscall(long number, long a, long b, long c, long d, long e, long f) {
  if (unlikely(number == SYS_seccomp || number == SYS_prctl))
    return seccomp_by_syscall(number, a, b, c, d, e, f);
  return next_syscall(number, a, b, c, d, e, f);
}

void sandbox_setup(void) {
  void *found = dlsym(RTLD_NEXT, "prctl");
  if (found != NULL)
    memcpy(&next_prctl, &found, sizeof found);
  found = dlsym(RTLD_NEXT, "syscall");
  if (found != NULL)
    memcpy(&next_syscall, &found, sizeof found);
}
