/* The container of a process, by the names of its control groups. */
#ifndef TOOLS_CONTAINER_H
#define TOOLS_CONTAINER_H

#include <stdbool.h>

enum { CONTAINER_MAX = 64 };

/* Finds it in what /proc/PID/cgroup says:
 *
 *   the first 12 of 64 hexadecimal digits    docker, podman, containerd, CRI-O
 *   NAME of /lxc/NAME and /lxc.payload.NAME  LXC
 *
 * False: none is named there.  A process that looks from inside its container sees no name. */
bool container_in(const char *cgroups, char name[CONTAINER_MAX]);

/* The same of a process. */
bool container_of(int pid, char name[CONTAINER_MAX]);

#endif
