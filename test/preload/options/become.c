/* Leaves what it could write to when it started, and ends: become WAY [ARG].
 *   user UID     sets its user and group
 *   root DIR     chroot to DIR, then /
 *   close        closes 1 and 2, as coreutils do at their end
 *   write TEXT   writes TEXT to 1 before it ends
 * Exits with 7. */
#define _GNU_SOURCE
#include "../check.h"

#include <grp.h>

int main(int argc, char **argv) {
  const char *way = argc > 1 ? argv[1] : "", *word = argc > 2 ? argv[2] : "";
  free(must(malloc(100)));
  if (strcmp(way, "user") == 0)
    CHECK(setgroups(0, NULL) == 0 && setgid((gid_t)atoi(word)) == 0 &&
              setuid((uid_t)atoi(word)) == 0,
          "another user expected, found errno %d", errno);
  else if (strcmp(way, "root") == 0)
    CHECK(chroot(word) == 0 && chdir("/") == 0, "another root expected, found errno %d", errno);
  else if (strcmp(way, "close") == 0)
    close(1), close(2);
  else if (strcmp(way, "write") == 0)
    CHECK(write(1, word, strlen(word)) == (ssize_t)strlen(word), "a write expected, found errno %d",
          errno);
  else
    FAIL("a way expected, found %s", way);
  return 7;
}
