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

/* The path of the control group in such a text: that of version 2, or, where it is the root, that
 * of version 1's memory controller.  "" if none is named; to be freed. */
char *cgroup_in(const char *cgroups);

/* The same of a process. */
char *cgroup_of(int pid);

#endif
