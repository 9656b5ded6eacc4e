/* Death messages of a heap: double frees, interior pointers, memory that was never handed out.
 *
 * The child of each test dies and its last words are compared; the heap is the parent's copy.
 */
#include "heap_objects.h"

static char said[512];
static void *culprit;

/* "arenashim: ENTRY(CULPRIT) called from CALLER: REST" with any site. */
static void expect_said(const char *entry, const char *rest) {
  char start[128];
  snprintf(start, sizeof start, "arenashim: %s(%p) called from 0x", entry, culprit);
  require(strncmp(said, start, strlen(start)) == 0);
  const char *after = strchr(said + strlen(start), ':');
  require(after != NULL && after[1] == ' ');
  if (strcmp(after + 2, rest) != 0)
    print_error("said:     %sexpected: %s", after + 2, rest);
  require(strcmp(after + 2, rest) == 0);
}

static const char *text_about(const char *words, const void *object) {
  static char text[256];
  snprintf(text, sizeof text, "%s-byte object at %p of arena %u\n", words, object,
           heap_number(heap_self));
  return text;
}

static void free_culprit(void) { heap_free(culprit); }
static void free_culprit_twice(void) {
  heap_free(culprit);
  heap_free(culprit);
}

static void test_double_free_at_head(void **state) {
  (void)state;
  culprit = allocate(100);
  death_of(free_culprit_twice, said, sizeof said);
  expect_said("free", text_about("double free of the 112", culprit));
  heap_free(culprit);
}

static void test_double_free_in_emptied_slab(void **state) {
  (void)state;
  char expected[160];
  become_new_thread();
  allocate_all(400, 500);
  free_all(400);
  culprit = objects[5];
  require(slab_of(culprit)->state == SLAB_EMPTY);
  death_of(free_culprit, said, sizeof said);
  snprintf(expected, sizeof expected,
           "double free or invalid pointer: every object near it was freed before of arena %u\n",
           heap_number(heap_self));
  expect_said("free", expected);
}

/* The owner's block is gone too. */
static void test_double_free_in_given_block(void **state) {
  (void)state;
  become_new_thread();
  allocate_all(MANY, 500);
  free_all(MANY);
  trim_own();
  culprit = objects[MANY / 2];
  require(slab_of(culprit)->owner == NULL);
  death_of(free_culprit, said, sizeof said);
  expect_said("free", "double free or invalid pointer: every object near it was freed before\n");
}

/* All of a current slab's objects free, one of them again: its list has become a circle. */
static void free_more_than_used(void) {
  for (unsigned i = 0; i < 64; i++)
    heap_free(objects[i]);
  heap_free(objects[3]);
  for (unsigned i = 0; i < RECYCLES_MAX; i++)
    heap_free(allocate(64));
}
/* The same where frees do not go to that list: the count can't go below none. */
static void free_more_than_counted(void) {
  slab_of(objects[0])->freed_to = &slab_of(objects[0])->free;
  free_more_than_used();
}
static void test_double_free_below_none(void **state) {
  (void)state;
  become_new_thread();
  allocate_all(64, 64);
  require(heap_self->head[4] == NULL);
  culprit = objects[3];
  death_of(free_more_than_counted, said, sizeof said);
  expect_said("free", text_about("double free of the 64", culprit));
  death_of(free_more_than_used, said, sizeof said);
  require(strcmp(said, "arenashim: heap corrupted: an object was freed twice\n") == 0);
}

/* The first free after a refill is looked at thoroughly. */
static void test_interior_pointer(void **state) {
  (void)state;
  become_new_thread();
  allocate_all(10, 100);
  culprit = (char *)objects[4] + 48;
  death_of(free_culprit, said, sizeof said);
  expect_said("free", text_about("the pointer is 48 bytes inside the 112", objects[4]));
}

/* An object of a full slab: its first free is looked at too. */
static void test_interior_pointer_of_full_slab(void **state) {
  (void)state;
  become_new_thread();
  allocate_all(400, 500);
  culprit = (char *)objects[7] + 8;
  death_of(free_culprit, said, sizeof said);
  expect_said("free", text_about("the pointer is 8 bytes inside the 512", objects[7]));
}

static void test_never_handed_out(void **state) {
  (void)state;
  become_new_thread();
  allocate_all(1, 500);
  culprit = slab_memory(slab_of(objects[0])) + 100 * 512;
  death_of(free_culprit, said, sizeof said);
  char rest[80];
  snprintf(rest, sizeof rest, "this memory was never handed out of arena %u\n",
           heap_number(heap_self));
  expect_said("free", rest);
}

static void measure_culprit(void) { heap_usable(culprit, "malloc_usable_size", (void *)0x1234); }
static void test_usable_of_interior_pointer(void **state) {
  (void)state;
  become_new_thread();
  allocate_all(3, 200);
  culprit = (char *)objects[1] + 16;
  death_of(measure_culprit, said, sizeof said);
  expect_said("malloc_usable_size",
              text_about("the pointer is 16 bytes inside the 208", objects[1]));
  require(strstr(said, "called from 0x1234: ") != NULL);
}

/* Frees by a thread that is not the owner. */
static void test_remote_faults(void **state) {
  (void)state;
  become_new_thread();
  allocate_all(10, 100);
  const struct heap *owner = heap_self;
  become_new_thread();
  char rest[160];
  culprit = (char *)objects[4] + 48;
  death_of(free_culprit, said, sizeof said);
  snprintf(rest, sizeof rest,
           "the pointer is 48 bytes inside the 112-byte object at %p of arena %u\n",
           (void *)objects[4], heap_number(owner));
  expect_said("free", rest);
  culprit = objects[4];
  death_of(free_culprit_twice, said, sizeof said);
  snprintf(rest, sizeof rest, "double free of the 112-byte object at %p of arena %u\n", culprit,
           heap_number(owner));
  expect_said("free", rest);
}

/* A free list that points to itself, seen when it becomes the thread's list. */
static void refill_from_circle(void) {
  for (unsigned i = 0; i < 64; i++)
    allocate(64);
}
static void test_circle_in_free_list(void **state) {
  (void)state;
  become_new_thread();
  allocate_all(64, 64);
  slab_of(objects[0])->freed_to = &slab_of(objects[0])->free;
  heap_free(objects[0]);
  heap_free(objects[1]);
  ((struct cell *)objects[1])->next = (struct cell *)objects[1];
  death_of(refill_from_circle, said, sizeof said);
  require(strcmp(said, "arenashim: heap corrupted: an object was freed twice\n") == 0);
  ((struct cell *)objects[1])->next = (struct cell *)objects[0];
}

/* A freed object's link overwritten, seen before anything it leads to is handed out. */
static uintptr_t written;
static void refill_from_overwritten(void) {
  ((struct cell *)objects[1])->next = (struct cell *)written;
  for (unsigned i = 0; i < 64; i++)
    require(allocate(64) != (void *)written);
}
static void test_overwritten_link(void **state) {
  (void)state;
  static char elsewhere[64];
  become_new_thread();
  allocate_all(64, 64);
  slab_of(objects[0])->freed_to = &slab_of(objects[0])->free;
  heap_free(objects[0]);
  heap_free(objects[1]);
  const uintptr_t words[] = {(uintptr_t)elsewhere,
                             1,
                             UINTPTR_MAX,
                             0x4141414141414141,
                             (uintptr_t)objects[0] + 8,
                             (uintptr_t)objects[0] + SLAB_BYTES};
  for (unsigned i = 0; i < sizeof words / sizeof *words; i++) {
    char expected[200];
    written = words[i];
    death_of(refill_from_overwritten, said, sizeof said);
    snprintf(
        expected, sizeof expected,
        "arenashim: heap corrupted: the 64-byte object at %#lx was written to after it was freed "
        "(its first word is now %#lx)\n",
        (unsigned long)objects[1], (unsigned long)written);
    require(strcmp(said, expected) == 0);
  }
}

int main(void) {
  test_start();
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_double_free_at_head),
      cmocka_unit_test(test_double_free_in_emptied_slab),
      cmocka_unit_test(test_double_free_in_given_block),
      cmocka_unit_test(test_double_free_below_none),
      cmocka_unit_test(test_interior_pointer),
      cmocka_unit_test(test_interior_pointer_of_full_slab),
      cmocka_unit_test(test_never_handed_out),
      cmocka_unit_test(test_usable_of_interior_pointer),
      cmocka_unit_test(test_remote_faults),
      cmocka_unit_test(test_circle_in_free_list),
      cmocka_unit_test(test_overwritten_link),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
