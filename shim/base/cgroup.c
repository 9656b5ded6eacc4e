/* Finds and reads cgroups' files; contract in cgroup.h. */
#include "cgroup.h"
#include "digits.h"
#include "text.h"

#include <string.h>

/* Where a hierarchy is mounted: its cgroup `root` stands at the directory `point`. */
static struct mount {
  char root[CGROUP_PATH_MAX], point[CGROUP_PATH_MAX]; /* point is "": not mounted */
} mounts[CGROUP_VERSIONS];

/* Cuts the next word off a text, at that character; "" at the end. */
static char *next_word(char **rest, char end) {
  char *word = *rest, *at = strchr(word, end);
  if (at == NULL) {
    *rest = word + strlen(word);
    return word;
  }
  *at = '\0';
  *rest = at + 1;
  return word;
}

/* Is `word` one of the words of a list with commas? */
static bool has_word(char *list, const char *word) {
  while (*list != '\0')
    if (strcmp(next_word(&list, ','), word) == 0)
      return true;
  return false;
}

static void note_mount(enum cgroup_version version, const char *root, const char *point) {
  struct mount *m = &mounts[version];
  if (m->point[0] != '\0') /* the first one is the system's own */
    return;
  if (strcmp(root, "/") != 0)
    memcpy(m->root, root, strlen(root) + 1);
  memcpy(m->point, point, strlen(point) + 1);
}

/* "36 35 98:0 ROOT POINT rw,noatime master:1 - cgroup cgroup rw,memory" */
static bool read_mount(char *line, void *unused) {
  (void)unused;
  for (int i = 0; i < 3; i++)
    next_word(&line, ' ');
  const char *root = next_word(&line, ' '), *point = next_word(&line, ' ');
  while (*line != '\0' && strcmp(next_word(&line, ' '), "-") != 0)
    ;
  const char *type = next_word(&line, ' ');
  next_word(&line, ' ');
  if (strcmp(type, "cgroup2") == 0)
    note_mount(CGROUP_V2, root, point);
  else if (strcmp(type, "cgroup") == 0 && has_word(line, "memory"))
    note_mount(CGROUP_V1, root, point);
  return true;
}

void cgroup_find_mounts(const char *mountinfo) {
  memset(mounts, 0, sizeof mounts);
  file_lines(mountinfo, read_mount, NULL);
}

struct search {
  struct cgroup *c;
  bool found;
};

/* What follows the mount's root in a cgroup's path.  "": the path lies elsewhere, as that of a
 * container does where it sees the host's names but only its own cgroup, mounted at the top. */
static const char *below_root(const char *path, const char *root) {
  size_t length = strlen(root);
  bool below = strncmp(path, root, length) == 0 && path[length] == '/' &&
               strncmp(path + length, "/..", 3) != 0;
  return below && path[length + 1] != '\0' ? path + length : "";
}

/* "4:memory:/some/path", and of version 2 "0::/some/path" */
static bool read_membership(char *line, void *search) {
  struct search *s = search;
  struct cgroup *c = s->c;
  const struct mount *m = &mounts[c->version];
  const char *number = next_word(&line, ':');
  char *controllers = next_word(&line, ':');
  if (c->version == CGROUP_V2 ? strcmp(number, "0") != 0 || *controllers != '\0'
                              : !has_word(controllers, "memory"))
    return true;
  struct text t = {.bytes = c->path, .capacity = sizeof c->path - 1};
  text_str(&t, m->point);
  c->top = t.length;
  text_str(&t, below_root(line, m->root));
  c->path[t.length] = '\0';
  s->found = !t.full;
  return false;
}

bool cgroup_find(enum cgroup_version version, const char *membership, struct cgroup *c) {
  struct search s = {.c = c};
  c->version = version;
  return mounts[version].point[0] != '\0' && file_lines(membership, read_membership, &s) && s.found;
}

bool cgroup_go_up(struct cgroup *c) {
  if (strlen(c->path) <= c->top)
    return false;
  *strrchr(c->path, '/') = '\0';
  return true;
}

/* ---- files ---- */

/* As file_lines, for a file of the cgroup. */
static bool read_file(struct cgroup *c, const char *name, bool (*each)(char *, void *), void *to) {
  struct text t = {.bytes = c->path, .capacity = sizeof c->path - 1, .length = strlen(c->path)};
  size_t length = t.length;
  text_char(&t, '/');
  text_str(&t, name);
  t.bytes[t.length] = '\0';
  bool done = !t.full && file_lines(c->path, each, to);
  c->path[length] = '\0';
  return done;
}

/* "max" is as good as the largest number. */
static bool read_number(char *line, void *number) {
  const char *at = line;
  size_t n;
  *(uint64_t *)number = digits_read(&at, &n) ? n : UINT64_MAX;
  return false;
}

/* Version 1 writes the highest multiple of a page where there is no limit. */
#define UNLIMITED (UINT64_C(1) << 62)

enum cgroup_answer cgroup_limit(struct cgroup *c, uint64_t *bytes) {
  *bytes = 0;
  if (!read_file(c, c->version == CGROUP_V2 ? "memory.max" : "memory.limit_in_bytes", read_number,
                 bytes))
    return CGROUP_UNKNOWN;
  return *bytes == 0 || *bytes >= UNLIMITED ? CGROUP_UNLIMITED : CGROUP_LIMITED;
}

bool cgroup_charge(struct cgroup *c, uint64_t *bytes) {
  return read_file(c, c->version == CGROUP_V2 ? "memory.current" : "memory.usage_in_bytes",
                   read_number, bytes);
}

struct reclaimable {
  enum cgroup_version version;
  uint64_t bytes;
};

/* In version 1 the lines without "total_" are of the cgroup alone, without those below it. */
static bool add_reclaimable(char *line, void *sum) {
  static const char *const names[CGROUP_VERSIONS][3] = {
      [CGROUP_V1] = {"total_inactive_file", "total_active_file", ""},
      [CGROUP_V2] = {"inactive_file", "active_file", "slab_reclaimable"}};
  struct reclaimable *r = sum;
  const char *name = next_word(&line, ' '), *at = line;
  size_t n;
  for (size_t i = 0; i < 3; i++)
    if (strcmp(name, names[r->version][i]) == 0 && digits_read(&at, &n))
      r->bytes += n;
  return true;
}

uint64_t cgroup_reclaimable(struct cgroup *c) {
  struct reclaimable r = {.version = c->version};
  read_file(c, "memory.stat", add_reclaimable, &r);
  return r.bytes;
}
