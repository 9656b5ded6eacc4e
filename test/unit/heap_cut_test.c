/* Lists that end where a sample is due (heap.h, `cut`), whatever is freed meanwhile. */
#include "heap_objects.h"

static uint64_t state = 88172645463325252u;

static unsigned below(unsigned n) {
  state ^= state << 13;
  state ^= state >> 7;
  state ^= state << 17;
  return (unsigned)(state >> 20) % n;
}

static bool is_due(unsigned c) { return heap_self->head[c] == NULL && heap_self->cut[c] == 1; }

/* Requests of class c until the next one is the sample, while `alive` objects live at most: each
 * further one replaces another. */
static unsigned requests_until_due(unsigned c, unsigned alive) {
  unsigned requests = 0;
  while (!is_due(c)) {
    unsigned i = below(alive);
    if (objects[i] != NULL) {
      heap_free(objects[i]);
      objects[i] = NULL;
    } else {
      objects[i] = allocate(class_bytes(c) - 1);
      requests++;
    }
  }
  return requests;
}

static void cut_after(unsigned c, unsigned requests, unsigned alive) {
  heap_self->cut[c] = requests + 1;
  require(requests_until_due(c, alive) == requests);
}

/* Classes that no cell was asked of before: a list that is being handed out is not cut. */
static void cut_class(unsigned c, unsigned alive) {
  for (unsigned requests = 1; requests < 300; requests++)
    cut_after(c, requests, alive);
  for (unsigned i = 0; i < 20; i++) {
    cut_after(c, 300 + below(3 * RECYCLES_MAX), alive);
    check_all_heaps();
  }
  for (unsigned i = 0; i < alive; i++)
    if (objects[i] != NULL)
      heap_free(objects[i]);
  memset(objects, 0, sizeof objects);
  check_all_heaps();
}

static void cut_each(unsigned alive) {
  become_new_thread();
  static const unsigned classes[] = {2, 3, 17, 32};
  for (unsigned k = 0; k < sizeof classes / sizeof classes[0]; k++)
    cut_class(classes[k], alive);
}

static void test_one_alive(void **s) { (void)s, cut_each(1); }
static void test_ten_alive(void **s) { (void)s, cut_each(10); }
static void test_slabs_alive(void **s) { (void)s, cut_each(3000); }

int main(void) {
  test_start();
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_one_alive),
      cmocka_unit_test(test_ten_alive),
      cmocka_unit_test(test_slabs_alive),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
