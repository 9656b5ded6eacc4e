/* Which cgroup the process is in, as the kernel's files describe it in containers and outside, and
 * what a cgroup's files say (cgroup.h).  All files are the test's own. */
#include "directory.h"

#include "cgroup.h"

static void file_in(const char *directory, const char *name, const char *content) {
  char path[256];
  snprintf(path, sizeof path, "%s/%s", directory, name);
  write_file(path, content);
}

/* The hierarchies are mounted as in `mountinfo`, and the process is where `membership` says. */
static struct cgroup *found(enum cgroup_version version, const char *mountinfo,
                            const char *membership) {
  static struct cgroup c;
  write_file("mountinfo", mountinfo);
  write_file("membership", membership);
  cgroup_find_mounts("mountinfo");
  return cgroup_find(version, "membership", &c) ? &c : NULL;
}

static bool is_at(const struct cgroup *c, const char *path, const char *top) {
  return c != NULL && strcmp(c->path, path) == 0 && c->top == strlen(top) &&
         strncmp(c->path, top, c->top) == 0;
}

#define LINE(root, point, type, options)                                                           \
  "36 35 0:31 " root " " point " rw,nosuid,relatime shared:9 - " type " source " options "\n"
static const char other_mounts[] = "22 1 254:1 / / rw - ext4 /dev/root rw\n"
                                   "23 22 0:22 / /sys/fs/cgroup rw - tmpfs tmpfs rw,mode=755\n";

static void version_2(void) {
  char mounts[512];
  snprintf(mounts, sizeof mounts, "%s%s", other_mounts,
           LINE("/", "/sys/fs/cgroup", "cgroup2", "rw,nsdelegate"));
  struct cgroup *c = found(CGROUP_V2, mounts, "0::/system.slice/app.service\n");
  require(is_at(c, "/sys/fs/cgroup/system.slice/app.service", "/sys/fs/cgroup"));
  require(cgroup_go_up(c) && is_at(c, "/sys/fs/cgroup/system.slice", "/sys/fs/cgroup"));
  require(cgroup_go_up(c) && is_at(c, "/sys/fs/cgroup", "/sys/fs/cgroup"));
  require(!cgroup_go_up(c));
  require(found(CGROUP_V1, mounts, "0::/system.slice/app.service\n") == NULL);
}

static void version_1(void) {
  char mounts[1024];
  snprintf(mounts, sizeof mounts, "%s%s%s%s", other_mounts,
           LINE("/", "/sys/fs/cgroup/cpu,cpuacct", "cgroup", "rw,cpu,cpuacct"),
           LINE("/", "/sys/fs/cgroup/memory", "cgroup", "rw,memory"),
           LINE("/", "/sys/fs/cgroup/unified", "cgroup2", "rw"));
  const char *where = "5:cpu,cpuacct:/elsewhere\n4:hugetlb,memory:/a:b/c\n0::/d\n";
  require(is_at(found(CGROUP_V1, mounts, where), "/sys/fs/cgroup/memory/a:b/c",
                "/sys/fs/cgroup/memory"));
  require(
      is_at(found(CGROUP_V2, mounts, where), "/sys/fs/cgroup/unified/d", "/sys/fs/cgroup/unified"));
}

/* A container that sees the host's names, and only its own cgroup; one with names of its own; one
 * whose process was moved out of it. */
static void containers(void) {
  const char *top = "/sys/fs/cgroup/memory";
  const char *own_root = LINE("/docker/abc", "/sys/fs/cgroup/memory", "cgroup", "rw,memory");
  require(is_at(found(CGROUP_V1, own_root, "4:memory:/docker/abc\n"), top, top));
  require(is_at(found(CGROUP_V1, own_root, "4:memory:/docker/abc/sub\n"),
                "/sys/fs/cgroup/memory/sub", top));
  require(is_at(found(CGROUP_V1, own_root, "4:memory:/docker/abcdef\n"), top, top));
  require(is_at(found(CGROUP_V1, own_root, "4:memory:/\n"), top, top));
  const char *own_names = LINE("/", "/sys/fs/cgroup", "cgroup2", "rw");
  require(is_at(found(CGROUP_V2, own_names, "0::/\n"), "/sys/fs/cgroup", "/sys/fs/cgroup"));
  require(is_at(found(CGROUP_V2, own_names, "0::/../other\n"), "/sys/fs/cgroup", "/sys/fs/cgroup"));
}

static void nothing_found(void) {
  char longer[1200], mounts[] = LINE("/", "/sys/fs/cgroup", "cgroup2", "rw");
  require(found(CGROUP_V2, other_mounts, "0::/a\n") == NULL);
  require(found(CGROUP_V2, mounts, "") == NULL);
  require(found(CGROUP_V2, mounts, "4:memory:/a\n") == NULL);
  memset(longer, 'x', sizeof longer);
  memcpy(longer, "0::/", 4);
  longer[sizeof longer - 1] = '\0';
  require(found(CGROUP_V2, mounts, longer) == NULL);
  struct cgroup c;
  require(!cgroup_find(CGROUP_V2, "no such file", &c));
  cgroup_find_mounts("no such file");
  write_file("membership", "0::/a\n");
  require(!cgroup_find(CGROUP_V2, "membership", &c));
}

/* The cgroup of that version in a directory of the test's. */
static struct cgroup at(enum cgroup_version version) {
  struct cgroup c = {.version = version};
  snprintf(c.path, sizeof c.path, "%s/open", own);
  c.top = strlen(c.path);
  return c;
}

static void limits(void) {
  static const struct {
    const char *content;
    enum cgroup_answer answer;
    uint64_t bytes;
  } known[] = {{"209715200\n", CGROUP_LIMITED, 209715200},
               {"max\n", CGROUP_UNLIMITED, 0},
               {"9223372036854771712\n", CGROUP_UNLIMITED, 0},
               {"0\n", CGROUP_UNLIMITED, 0},
               {"", CGROUP_UNLIMITED, 0}};
  struct cgroup c1 = at(CGROUP_V1), c2 = at(CGROUP_V2);
  uint64_t bytes;
  require(cgroup_limit(&c1, &bytes) == CGROUP_UNKNOWN);
  require(cgroup_limit(&c2, &bytes) == CGROUP_UNKNOWN);
  for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
    file_in("open", "memory.max", known[i].content);
    require(cgroup_limit(&c2, &bytes) == known[i].answer);
    require(known[i].bytes == 0 || bytes == known[i].bytes);
    require(cgroup_limit(&c1, &bytes) == CGROUP_UNKNOWN);
  }
  file_in("open", "memory.limit_in_bytes", "4096\n");
  require(cgroup_limit(&c1, &bytes) == CGROUP_LIMITED && bytes == 4096);
}

static void charges(void) {
  struct cgroup c1 = at(CGROUP_V1), c2 = at(CGROUP_V2);
  uint64_t bytes;
  require(!cgroup_charge(&c1, &bytes) && !cgroup_charge(&c2, &bytes));
  require(cgroup_reclaimable(&c1) == 0 && cgroup_reclaimable(&c2) == 0);
  file_in("open", "memory.current", "1000\n");
  file_in("open", "memory.usage_in_bytes", "2000\n");
  require(cgroup_charge(&c2, &bytes) && bytes == 1000);
  require(cgroup_charge(&c1, &bytes) && bytes == 2000);
  file_in("open", "memory.stat",
          "anon 7\ninactive_file 10\nactive_file 20\nslab_reclaimable 40\nslab_unreclaimable 80\n"
          "total_inactive_file 100\ntotal_active_file 200\ntotal_unevictable 400");
  require(cgroup_reclaimable(&c2) == 70);
  require(cgroup_reclaimable(&c1) == 300);
}

/* Lines across the edges of what is read at a time, and one that is too long. */
static bool count_line(char *line, void *sums) {
  size_t *sum = sums;
  sum[0]++;
  sum[1] += strlen(line);
  return strcmp(line, "stop") != 0;
}

static void lines(void) {
  char text[20000];
  size_t n = 0, sum[2] = {0};
  for (size_t i = 0; i < 300; i++)
    n += (size_t)snprintf(text + n, sizeof text - n, "%0*zu\n", (int)(i % 60 + 1), i);
  write_file("lines", text);
  require(file_lines("lines", count_line, sum) && sum[0] == 300 && sum[1] == n - 300 && n > 9000);
  memset(text, 'y', 5000);
  strcpy(text + 5000, "\nstop\nmore\n");
  write_file("lines", text);
  memset(sum, 0, sizeof sum);
  int lowest = dup(STDOUT_FILENO); /* and so the next one, if none is left open */
  close(lowest);
  errno = 99;
  require(file_lines("lines", count_line, sum) && sum[0] == 2 && sum[1] == FILE_LINE_MAX + 4);
  require(!file_lines("/proc/self/nothing", count_line, sum) && !file_lines(own, count_line, sum));
  require(errno == 99);
  require(dup(STDOUT_FILENO) == lowest);
}

APART(version_2)
APART(version_1)
APART(containers)
APART(nothing_found)
APART(limits)
APART(charges)
APART(lines)

#define IN_OWN(test) cmocka_unit_test_setup_teardown(test, own_begin, own_end)

int main(void) {
  const struct CMUnitTest tests[] = {IN_OWN(test_version_2),  IN_OWN(test_version_1),
                                     IN_OWN(test_containers), IN_OWN(test_nothing_found),
                                     IN_OWN(test_limits),     IN_OWN(test_charges),
                                     IN_OWN(test_lines)};
  test_thread = os_thread_id();
  return cmocka_run_group_tests(tests, NULL, NULL);
}
