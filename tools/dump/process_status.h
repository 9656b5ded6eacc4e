/* What everybody may know of a process, also of one whose memory and mappings are forbidden. */
#ifndef TOOLS_PROCESS_STATUS_H
#define TOOLS_PROCESS_STATUS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct process_status {
  char name[64];       /* the kernel's: 15 bytes of its program's, or of what it called itself */
  uid_t user;          /* effective */
  uint32_t inner_pid;  /* its number in its own namespace */
  uint64_t start_mono; /* when it was forked, by CLOCK_MONOTONIC, in nanoseconds */
};

/* False: there is no such process, or /proc does not show it. */
bool process_status_read(pid_t pid, struct process_status *s);

/* May a process that has that number in its own namespace, and had it at that moment by
 * CLOCK_MONOTONIC, be this one?  It may be another program by now, by exec. */
bool process_may_be(const struct process_status *s, uint32_t inner_pid, uint64_t then);

/* Are all processes of a namespace (struct record_process) seen from here?  In another one they may
 * run unseen. */
bool process_sees(uint64_t namespace);

/* Bytes of the process's memory that are resident; 0: not known. */
uint64_t process_resident(pid_t pid);

#endif
