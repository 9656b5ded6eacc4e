/* Names of tags (labels.h): equal texts have one address, whoever brings them; limits; refused
 * memory. */
#include "apart.h"

#include <errno.h>
#include <pthread.h>

#include "labels.h"
#include "memory_refused.h"

/* ---- words ---- */

static const char *label(const char *text) { return label_text(text, strlen(text)); }

/* Text i: its number, then as many letters as make texts of all lengths. */
static void write_text(char *to, size_t size, unsigned i) {
  int n = snprintf(to, size, "%u-", i);
  memset(to + n, 'a' + (int)(i % 26), i % 200);
  to[n + (int)(i % 200)] = '\0';
}

static const char *label_of(unsigned i) {
  char text[LABEL_BYTES_MAX + 1];
  write_text(text, sizeof text, i);
  return label(text);
}

/* ---- tests ---- */

static void one_address_a_text(void) {
  char mine[] = "requests";
  const char *l = label(mine);
  require(l != NULL && l != mine && strcmp(l, "requests") == 0);
  memset(mine, 'x', sizeof mine - 1);
  require(strcmp(l, "requests") == 0 && label("requests") == l);
  require(label("request") != l && label("requestss") != l && label("") != l);
  require(label("") == label("") && *label("") == '\0');
  char longest[LABEL_BYTES_MAX + 1];
  memset(longest, 'y', LABEL_BYTES_MAX);
  longest[LABEL_BYTES_MAX] = '\0';
  require(strlen(label(longest)) == LABEL_BYTES_MAX);
}

/* All that may be, then one more; those that are there are still found.  Errors are said by errno.
 */
static void as_many_as_may_be(void) {
  static const char *labels[LABEL_TEXTS_MAX];
  for (unsigned i = 0; i < LABEL_TEXTS_MAX; i++)
    require((labels[i] = label_of(i)) != NULL);
  for (unsigned round = 0; round < 3; round++) {
    errno = 0;
    require(label_of(LABEL_TEXTS_MAX + round) == NULL && errno == ENOSPC);
  }
  for (unsigned i = 0; i < LABEL_TEXTS_MAX; i++) {
    char text[LABEL_BYTES_MAX + 1];
    write_text(text, sizeof text, i);
    require(label(text) == labels[i] && strcmp(labels[i], text) == 0);
  }
  require(labels_bytes() == os_mapped_bytes());
}

static void refused(void) {
  require(label("before") != NULL);
  refuse_memory = true;
  unsigned n = 0;
  while (label_of(n) != NULL)
    n++;
  require(errno == ENOMEM && n > 100); /* 64 KiB of texts of 100 bytes */
  require(label_of(0) != NULL && label("before") != NULL);
  refuse_memory = false;
  require(label_of(n) != NULL && labels_bytes() == os_mapped_bytes());
}

enum { THREADS = 2, TEXTS = LABEL_TEXTS_MAX / 2 };
static const char *found[THREADS][TEXTS];
static _Atomic unsigned arrived;

/* Both bring text i at the same moment, as nearly as can be. */
static void *bring_all(void *arg) {
  for (unsigned i = 0; i < TEXTS; i++) {
    atomic_fetch_add(&arrived, 1);
    while (arrived < (i + 1) * THREADS)
      ;
    found[(uintptr_t)arg][i] = label_of(i);
  }
  return NULL;
}

static void threads(void) {
  pthread_t thread[THREADS];
  for (uintptr_t k = 0; k < THREADS; k++)
    require(pthread_create(&thread[k], NULL, bring_all, (void *)k) == 0);
  for (unsigned k = 0; k < THREADS; k++)
    pthread_join(thread[k], NULL);
  for (unsigned i = 0; i < TEXTS; i++)
    require(found[0][i] != NULL && found[0][i] == found[1][i]);
}

APART(one_address_a_text)
APART(as_many_as_may_be)
APART(refused)
APART(threads)

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_one_address_a_text),
      cmocka_unit_test(test_as_many_as_may_be),
      cmocka_unit_test(test_refused),
      cmocka_unit_test(test_threads),
  };
  test_thread = os_thread_id();
  return cmocka_run_group_tests(tests, NULL, NULL);
}
