/* The memory cgroups of this process, and what they say.
 *
 *   /proc/self/mountinfo   where the hierarchies are mounted: read once
 *   /proc/self/cgroup      which cgroup the process is in: read each time, because it may be moved
 *
 *   version 1   DIRECTORY/memory.limit_in_bytes   memory.usage_in_bytes   memory.stat
 *   version 2   DIRECTORY/memory.max              memory.current          memory.stat
 *
 * A limit holds for all processes in the cgroup and in those below it, so the process is held to
 * that of its own cgroup and of each one above, up to the top of the mount.  In a container the top
 * is the container's own cgroup.  Where both versions are mounted (hybrid) only one of them has the
 * memory controller: in the other the files do not exist.
 *
 * By one thread at a time (file_lines.h); nothing is allocated, errno is kept.
 */
#ifndef SHIM_CGROUP_H
#define SHIM_CGROUP_H

#include "file_lines.h"

enum cgroup_version { CGROUP_V1, CGROUP_V2, CGROUP_VERSIONS };

/* Room for a path, final NUL included; a cgroup with a longer one is not found. */
enum { CGROUP_PATH_MAX = FILE_LINE_MAX + 1 };

struct cgroup {
  enum cgroup_version version;
  char path[CGROUP_PATH_MAX]; /* the directory */
  size_t top;                 /* bytes of the path that name the top of the mount */
};

/* Finds the mounts in a file like /proc/self/mountinfo.  At the start. */
hidden void cgroup_find_mounts(const char *mountinfo);

/* Sets *c to the process's cgroup of that version, by a file like /proc/self/cgroup.  False if
 * there is none, the version is not mounted, or the file cannot be read. */
hidden bool cgroup_find(enum cgroup_version version, const char *membership, struct cgroup *c);

/* Goes to the cgroup above; false at the top. */
hidden bool cgroup_go_up(struct cgroup *c);

/* What a cgroup's files say. */
enum cgroup_answer { CGROUP_UNKNOWN, CGROUP_UNLIMITED, CGROUP_LIMITED };

/* Sets *bytes to the cgroup's own limit if it is CGROUP_LIMITED; CGROUP_UNKNOWN: no such file. */
hidden enum cgroup_answer cgroup_limit(struct cgroup *c, uint64_t *bytes);

/* Sets *bytes to what is charged to the cgroup and to those below it.  False if that cannot be
 * read. */
hidden bool cgroup_charge(struct cgroup *c, uint64_t *bytes);

/* Bytes of the charge that the kernel takes back before it kills: pages of files, and its own
 * caches.  0 if that cannot be read. */
hidden uint64_t cgroup_reclaimable(struct cgroup *c);

#endif
