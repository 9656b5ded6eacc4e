/* What `top` computes from readings: rates, growth, rows that come and go, filters, keys. */
#include "container.h"
#include "dump_read.h"
#include "ps_rows.h"
#include "tags.h"
#include "top_columns.h"
#include "top_model.h"
#include "top_part.h"
#include "top_sites.h"
#include "top_view.h"

#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { SITES = 3, ARENAS = 2 };
#define SECOND UINT64_C(1000000000)

/* A process of three call sites: 0x10 < 0x20, 0x10, and again 0x10 < 0x20 by nodes of its own. */
struct books {
  struct dump_process process;
  struct dump_node nodes[6];
  struct dump_site sites[SITES + 1];
  struct dump_account accounts[SITES + 1];
  struct dump_arena arenas[ARENAS + 1];
  struct dump_region regions[2];
  struct dump_class classes[2];
  struct dump_module modules[1];
  char strings[32];
  struct dump dump;
};

static void books_start(struct books *b) {
  static const char strings[32] = "\0main\0worker\0parser";
  *b = (struct books){
      .process = {.pid = 7, .tags = DUMP_TAG_STACK, .depth = 8, .start_ns = 5},
      .nodes = {{.kind = DUMP_NODE_ROOT},
                {.parent = 0, .address = 0x10, .kind = DUMP_NODE_FRAME},
                {.parent = 1, .address = 0x20, .kind = DUMP_NODE_FRAME},
                {.parent = 0, .address = 0x10, .kind = DUMP_NODE_FRAME},
                {.parent = 3, .address = 0x20, .kind = DUMP_NODE_FRAME}},
      .sites = {{.node = 2}, {.node = 1}, {.node = 4}, {.kind = DUMP_SITE_LOST}},
      .accounts = {{.site = 0}, {.site = 1, .arena = 1}, {.site = 2}},
      .arenas = {{.number = 0, .name = 1, .threads = 1}, {.number = 1, .name = 6, .threads = 2}}};
  memcpy(b->strings, strings, sizeof strings);
  b->dump = (struct dump){.process = &b->process,
                          .nodes = b->nodes,
                          .n_nodes = 5,
                          .sites = b->sites,
                          .n_sites = 2,
                          .accounts = b->accounts,
                          .n_accounts = 2,
                          .has_accounts = true,
                          .arenas = b->arenas,
                          .n_arenas = ARENAS,
                          .regions = b->regions,
                          .classes = b->classes,
                          .modules = b->modules,
                          .strings = b->strings};
}

/* What a site holds now, and has allocated ever; its arena follows. */
static void site_set(struct books *b, uint32_t site, uint64_t live, uint64_t allocs) {
  struct dump_account *a = &b->accounts[site];
  struct dump_arena *arena = &b->arenas[a->arena];
  arena->live_bytes += live - a->live_bytes;
  arena->total_allocs += allocs - a->allocs;
  b->process.live_bytes += live - a->live_bytes;
  a->live_bytes = a->live_rounded = live;
  a->allocs = allocs;
  a->live_objects = live > 0;
}

struct test {
  struct books books;
  struct option_names names;
  struct top_model *model;
};

/* Around each test: *state is its struct test. */
static int test_start(void **state) {
  static struct test test;
  struct test *t = *state = &test;
  books_start(&t->books);
  t->names = (struct option_names){.fold = fold_new()};
  t->model = top_model_new(&t->names, true);
  return 0;
}

static int test_end(void **state) {
  struct test *t = *state;
  top_model_free(t->model);
  fold_free(t->names.fold);
  return 0;
}

static bool add(struct test *t, uint64_t ns) { return top_model_add(t->model, &t->books.dump, ns); }

/* The lines' texts, each without its line breaks, separated by ';'. */
static const char *texts(struct test *t, enum top_by by, enum top_sort sort, const char *filter) {
  static char all[1024];
  struct top_lines lines = top_model_lines(t->model, by, sort, filter);
  *all = '\0';
  for (uint32_t i = 0; i < lines.count; i++) {
    char *line = top_group_line(top_model_group(t->model, by), lines.items[i].row);
    strcat(strcat(all, i > 0 ? ";" : ""), line);
    free(line);
  }
  free(lines.items);
  return all;
}

static struct top_line line_of(struct test *t, enum top_by by, const char *text) {
  struct top_lines lines = top_model_lines(t->model, by, TOP_LIVE, NULL);
  struct top_line found = {.row = UINT32_MAX};
  for (uint32_t i = 0; i < lines.count; i++) {
    char *line = top_group_line(top_model_group(t->model, by), lines.items[i].row);
    if (strcmp(line, text) == 0)
      found = lines.items[i];
    free(line);
  }
  free(lines.items);
  assert_int_not_equal(found.row, UINT32_MAX);
  return found;
}

static void near(double value, double wanted) {
  assert_true(value > wanted - 0.001 && value < wanted + 0.001);
}

static void rates_need_two_readings(void **state) {
  struct test *t = *state;
  site_set(&t->books, 0, 1000, 50);
  assert_true(add(t, 10 * SECOND));
  assert_false(top_model_has_rates(t->model));
  near(top_model_all(t->model).rate, 0);
  site_set(&t->books, 0, 1500, 150);
  site_set(&t->books, 1, 8, 4);
  assert_true(add(t, 12 * SECOND));
  assert_true(top_model_has_rates(t->model));
  near(top_model_rate_seconds(t->model), 2);
  near(line_of(t, TOP_SITES, "0x10 < 0x20").rate, 50);
  near(line_of(t, TOP_SITES, "0x10 < 0x20").growth, 15000); /* 500 in two seconds */
  near(line_of(t, TOP_SITES, "0x10").rate, 2);
  near(line_of(t, TOP_ARENAS, "1 worker (threads: 2)").rate, 2);
  near(top_model_all(t->model).rate, 52);
  near(top_model_all(t->model).growth, 15240);
}

static void the_same_moment_changes_nothing(void **state) {
  struct test *t = *state;
  site_set(&t->books, 0, 1000, 50);
  add(t, SECOND);
  site_set(&t->books, 0, 1000, 60);
  add(t, 2 * SECOND);
  assert_false(add(t, 2 * SECOND));
  near(top_model_all(t->model).rate, 10);
}

/* 100 bytes a second for two minutes, then nothing: after a minute of that growth is over. */
static void growth_is_of_the_last_minute(void **state) {
  struct test *t = *state;
  for (uint64_t s = 1; s <= 200; s++) {
    site_set(&t->books, 0, (s < 120 ? s : 120) * 100, s);
    add(t, s * SECOND);
    double seconds = top_model_growth_seconds(t->model), growth = top_model_all(t->model).growth;
    if (s > 1 && s <= 60)
      near(seconds, (double)(s - 1));
    else if (s > 64)
      assert_true(seconds >= 60 && seconds < 64);
    if (s > 1 && s <= 120)
      near(growth, 6000);
    else if (s > 120 + 64)
      near(growth, 0);
    else if (s > 120 && s < 180)
      assert_true(growth > 0 && growth < 6000);
  }
  near(top_model_rate_seconds(t->model), 1);
}

static void long_intervals_have_growth_since_the_last(void **state) {
  struct test *t = *state;
  for (uint64_t s = 0; s <= 4; s++) {
    site_set(&t->books, 0, s * s * 300, s);
    add(t, (s + 1) * 300 * SECOND);
  }
  near(top_model_growth_seconds(t->model), 300);
  near(top_model_all(t->model).growth, (16 - 9) * 60);
}

static void a_count_that_fell_started_again(void **state) {
  struct test *t = *state;
  site_set(&t->books, 0, 1000, 500);
  add(t, SECOND);
  site_set(&t->books, 0, 400, 30);
  add(t, 2 * SECOND);
  near(line_of(t, TOP_SITES, "0x10 < 0x20").rate, 30);
  near(line_of(t, TOP_SITES, "0x10 < 0x20").growth, -36000);
}

static void sites_that_come(void **state) {
  struct test *t = *state;
  site_set(&t->books, 0, 1000, 1);
  site_set(&t->books, 1, 3000, 1);
  add(t, SECOND);
  assert_string_equal(texts(t, TOP_SITES, TOP_LIVE, NULL), "0x10;0x10 < 0x20");
  t->books.dump.n_sites = t->books.dump.n_accounts = SITES;
  site_set(&t->books, 2, 5000, 10);
  add(t, 2 * SECOND);
  /* what shows the same is one row */
  assert_string_equal(texts(t, TOP_SITES, TOP_LIVE, NULL), "0x10 < 0x20;0x10");
  assert_int_equal(line_of(t, TOP_SITES, "0x10 < 0x20").now.live, 6000);
  near(line_of(t, TOP_SITES, "0x10 < 0x20").rate, 10);
}

static void new_sites_wait_for_their_names(void **state) {
  struct test *t = *state;
  top_model_free(t->model);
  t->model = top_model_new(&t->names, false);
  site_set(&t->books, 0, 1000, 1);
  add(t, SECOND);
  assert_string_equal(texts(t, TOP_SITES, TOP_LIVE, NULL), "0x10 < 0x20");
  t->books.dump.n_sites = t->books.dump.n_accounts = SITES;
  site_set(&t->books, 2, 5000, 10);
  add(t, SECOND + 1); /* a look-up costs more than a twentieth of that */
  assert_string_equal(texts(t, TOP_SITES, TOP_LIVE, NULL),
                      "(1 new call site, named soon);0x10 < 0x20");
  add(t, 1000 * SECOND);
  assert_string_equal(texts(t, TOP_SITES, TOP_LIVE, NULL), "0x10 < 0x20");
}

static void rows_that_go(void **state) {
  struct test *t = *state;
  t->books.dump.n_regions = 1;
  t->books.regions[0] = (struct dump_region){.name = 13, .used = 500, .reserved = 800};
  site_set(&t->books, 0, 1000, 1);
  site_set(&t->books, 1, 10, 1);
  add(t, SECOND);
  assert_string_equal(texts(t, TOP_ARENAS, TOP_LIVE, NULL),
                      "0 main (threads: 1);region parser;1 worker (threads: 2)");
  assert_int_equal(line_of(t, TOP_ARENAS, "region parser").now.waste, 300);
  t->books.dump.n_regions = 0;
  t->books.dump.n_arenas = 1;
  add(t, 2 * SECOND);
  assert_string_equal(texts(t, TOP_ARENAS, TOP_LIVE, NULL), "0 main (threads: 1)");
  t->books.dump.n_regions = 1;
  add(t, 3 * SECOND);
  assert_string_equal(texts(t, TOP_ARENAS, TOP_LIVE, NULL), "0 main (threads: 1);region parser");
}

static void an_arena_has_the_name_of_its_last_thread(void **state) {
  struct test *t = *state;
  site_set(&t->books, 0, 1000, 1);
  add(t, SECOND);
  assert_string_equal(texts(t, TOP_ARENAS, TOP_LIVE, "PARSER"), "");
  t->books.arenas[0].name = 13;
  t->books.arenas[0].threads = 9;
  site_set(&t->books, 0, 1000, 5);
  add(t, 2 * SECOND);
  assert_string_equal(texts(t, TOP_ARENAS, TOP_LIVE, "PARSER"), "0 parser (threads: 9)");
  near(line_of(t, TOP_ARENAS, "0 parser (threads: 9)").rate, 4);
}

static void another_process_starts_again(void **state) {
  struct test *t = *state;
  for (int change = 0; change < 3; change++) {
    books_start(&t->books);
    site_set(&t->books, 0, 1000, 1);
    add(t, 100 * SECOND);
    add(t, 101 * SECOND);
    assert_true(top_model_has_rates(t->model));
    t->books.process.pid += change == 0;
    t->books.process.start_ns += change == 1;
    t->books.sites[0].node = change == 2 ? 1 : 2;
    assert_true(add(t, SECOND));
    assert_false(top_model_has_rates(t->model));
    assert_string_equal(texts(t, TOP_SITES, TOP_LIVE, NULL), change == 2 ? "0x10" : "0x10 < 0x20");
  }
}

static void without_tags_large_requests_count_and_waste_is_unknown(void **state) {
  struct test *t = *state;
  t->books.process.tags = DUMP_TAG_OFF;
  t->books.dump.n_accounts = t->books.dump.n_sites = 0;
  t->books.arenas[0] = (struct dump_arena){.total_allocs = 10, .total_big_blocks = 5};
  add(t, SECOND);
  t->books.arenas[0] = (struct dump_arena){.total_allocs = 20, .total_big_blocks = 8};
  add(t, 2 * SECOND);
  near(top_model_all(t->model).rate, 13);
  assert_false(top_waste_known(&t->books.dump, TOP_ARENAS));
  assert_true(top_waste_known(&t->books.dump, TOP_CLASSES));
  t->books.process.tags = DUMP_TAG_STACK;
  assert_true(top_waste_known(&t->books.dump, TOP_ARENAS));
  t->books.process.sample_bytes = 512;
  assert_false(top_waste_known(&t->books.dump, TOP_SITES));
}

static void sorted_by_each(void **state) {
  struct test *t = *state;
  site_set(&t->books, 0, 1000, 0);
  site_set(&t->books, 1, 200, 0);
  add(t, SECOND);
  site_set(&t->books, 0, 900, 10);
  site_set(&t->books, 1, 210, 5);
  t->books.accounts[1].live_rounded += 64;
  add(t, 2 * SECOND);
  assert_string_equal(texts(t, TOP_SITES, TOP_LIVE, NULL), "0x10 < 0x20;0x10");
  assert_string_equal(texts(t, TOP_SITES, TOP_GROWTH, NULL), "0x10;0x10 < 0x20");
  assert_string_equal(texts(t, TOP_SITES, TOP_RATE, NULL), "0x10 < 0x20;0x10");
  assert_string_equal(texts(t, TOP_SITES, TOP_WASTE, NULL), "0x10;0x10 < 0x20");
  assert_string_equal(texts(t, TOP_SITES, TOP_LIVE, "x20"), "0x10 < 0x20");
  assert_string_equal(texts(t, TOP_SITES, TOP_LIVE, "0X10 < 0X"), "0x10 < 0x20");
  assert_string_equal(texts(t, TOP_SITES, TOP_LIVE, "none"), "");
}

static void an_account_of_a_lost_site(void **state) {
  struct test *t = *state;
  t->books.accounts[1].site = 2;
  site_set(&t->books, 1, 10, 1);
  add(t, SECOND);
  assert_string_equal(texts(t, TOP_SITES, TOP_LIVE, NULL), "(call site lost)");
}

static void a_part_has_the_paths_of_its_sites_alone(void **state) {
  struct books b;
  (void)state;
  books_start(&b);
  b.dump.n_sites = b.dump.n_accounts = SITES;
  struct dump *part = top_part_new(&b.dump, 1);
  assert_int_equal(part->n_sites, 2);
  assert_int_equal(part->n_accounts, 2);
  assert_int_equal(part->n_nodes, 4); /* root, 1, 3 and 4 */
  assert_int_equal(part->nodes[part->sites[0].node].address, 0x10);
  assert_int_equal(part->nodes[part->sites[1].node].address, 0x20);
  assert_int_equal(part->nodes[part->nodes[part->sites[1].node].parent].address, 0x10);
  assert_int_equal(part->accounts[1].site, 1);
  assert_int_equal(part->sites[2].kind, DUMP_SITE_LOST);
  top_part_free(part);
}

static void figures_in_words(void **state) {
  static const struct {
    double value;
    const char *change, *rate;
  } cases[] = {{0, "0 B", "0"},
               {0.25, "0 B", "0.2"},
               {-2048, "-2.00 KiB", NULL},
               {1, "+1 B", "1.0"},
               {9.94, "+10 B", "9.9"},
               {9.96, "+10 B", "10"},
               {1536, "+1.50 KiB", "1.54k"}};
  char words[TOP_WORDS_MAX];
  (void)state;
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    top_words_change(cases[i].value, false, words);
    assert_string_equal(words, cases[i].change);
    top_words_rate(cases[i].value, false, words);
    if (cases[i].rate != NULL)
      assert_string_equal(words, cases[i].rate);
  }
  top_words_change(-1e300, true, words);
  assert_string_equal(words, "-9223372036854775807");
  top_words_time(UINT64_C(59950000000), words);
  assert_string_equal(words, "59.9 s");
  top_words_time(185 * SECOND, words);
  assert_string_equal(words, "3 min 5 s");
  top_words_time(7260 * SECOND, words);
  assert_string_equal(words, "2 h 1 min");
  top_words_time((86400 * 5 + 3 * 3600) * SECOND, words);
  assert_string_equal(words, "5 d 3 h");
}

static void how_a_process_is_and_how_it_ended(void **state) {
  static const struct {
    enum source_state state;
    const char *words, *word;
  } cases[] = {{SOURCE_RUNNING, "running for 8.2 s", "running"},
               {SOURCE_ENDED, "ended after 8.2 s", "ended"},
               {SOURCE_KILLED, "killed after 8.2 s", "killed"},
               {SOURCE_FILE, "at exit", "file"}};
  struct books b;
  (void)state;
  books_start(&b);
  b.process.lived_ns = 8200000000;
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    struct top_watch w = {.dump = &b.dump, .state = cases[i].state};
    char *words = top_watch_state(&w);
    assert_string_equal(words, cases[i].words);
    assert_string_equal(top_watch_state_word(&w), cases[i].word);
    free(words);
  }
  for (uint32_t tags = DUMP_TAG_OFF; tags <= DUMP_TAG_VERIFY + 1; tags++) {
    static const char *const wanted[] = {"off", "site", "stack:8", "verify:8",
                                         "of an unknown kind"};
    b.process.tags = tags;
    char *words = tags_words(&b.dump);
    assert_string_equal(words, wanted[tags]);
    free(words);
  }
}

/* Keys as they are typed. */
static void type(struct top_view *v, struct test *t, const char *keys) {
  for (; *keys != '\0'; keys++) {
    top_view_key(v, (uint32_t)*keys, 2);
    top_view_update(v, t->model);
  }
}

static void press(struct top_view *v, struct test *t, uint32_t key) {
  top_view_key(v, key, 2);
  top_view_update(v, t->model);
}

static void the_selection_stays_with_its_row(void **state) {
  struct test *t = *state;
  struct top_view v;
  site_set(&t->books, 0, 1000, 1);
  site_set(&t->books, 1, 200, 1);
  add(t, SECOND);
  top_view_start(&v, TOP_SITES, TOP_LIVE);
  press(&v, t, TOP_KEY_DOWN);
  press(&v, t, TOP_KEY_DOWN);
  assert_int_equal(top_view_selected(&v), 1);
  site_set(&t->books, 1, 2000, 1);
  add(t, 2 * SECOND);
  top_view_update(&v, t->model);
  assert_int_equal(top_view_selected(&v), 0);
  assert_int_equal(v.lines.items[0].now.live, 2000);
  press(&v, t, TOP_KEY_END);
  assert_int_equal(top_view_selected(&v), 1);
  press(&v, t, TOP_KEY_HOME);
  assert_int_equal(top_view_selected(&v), 0);
  top_view_free(&v);
}

static void a_filter_is_typed(void **state) {
  struct test *t = *state;
  struct top_view v;
  site_set(&t->books, 0, 1000, 1);
  site_set(&t->books, 1, 200, 1);
  add(t, SECOND);
  top_view_start(&v, TOP_SITES, TOP_LIVE);
  type(&v, t, "/x20q"); /* a letter, not a command */
  assert_true(v.is_typing && !v.is_over && v.lines.count == 0);
  press(&v, t, TOP_KEY_BACKSPACE);
  assert_int_equal(v.lines.count, 1);
  press(&v, t, 0xE9); /* two bytes of UTF-8 */
  assert_int_equal(strlen(v.filter), 5);
  press(&v, t, TOP_KEY_BACKSPACE);
  assert_string_equal(v.filter, "x20");
  press(&v, t, TOP_KEY_ENTER);
  type(&v, t, "r");
  assert_true(v.sort == TOP_RATE && v.lines.count == 1);
  press(&v, t, TOP_KEY_ESCAPE);
  assert_int_equal(v.lines.count, 2);
  for (int i = 0; i < 300; i++)
    type(&v, t, i == 0 ? "/" : "y");
  assert_int_equal(strlen(v.filter), sizeof v.filter - 1);
  press(&v, t, TOP_KEY_ESCAPE);
  type(&v, t, "q");
  assert_true(v.is_over && *v.filter == '\0');
  top_view_free(&v);
}

static void panels_come_and_go(void **state) {
  struct test *t = *state;
  struct top_view v;
  top_view_start(&v, TOP_SITES, TOP_LIVE);
  press(&v, t, TOP_KEY_ENTER);
  assert_int_equal(v.panel, PANEL_ROWS); /* there is no row */
  site_set(&t->books, 0, 1000, 1);
  add(t, SECOND);
  top_view_update(&v, t->model);
  press(&v, t, TOP_KEY_ENTER);
  assert_int_equal(v.panel, PANEL_PATH);
  assert_int_equal(v.selected, v.lines.items[0].row);
  press(&v, t, TOP_KEY_DOWN);
  assert_int_equal(v.first, 1);
  press(&v, t, TOP_KEY_ENTER);
  assert_true(v.panel == PANEL_ROWS && v.first == 0);
  type(&v, t, "h");
  assert_int_equal(v.panel, PANEL_HELP);
  type(&v, t, "a");
  assert_true(v.panel == PANEL_ROWS && v.by == TOP_ARENAS);
  type(&v, t, " ");
  assert_true(v.is_frozen);
  top_view_free(&v);
}

static void containers_by_their_groups(void **state) {
#define ID "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
  static const char *const cases[][2] = {
      {"0::/system.slice/docker-" ID ".scope\n", "0123456789ab"},
      {"12:memory:/docker/" ID "\n11:cpu:/docker/" ID "\n", "0123456789ab"},
      {"0::/kubepods.slice/kubepods-pod1f2e.slice/cri-containerd-" ID ".scope", "0123456789ab"},
      {"0::/machine.slice/libpod-" ID ".scope/container", "0123456789ab"},
      {"0::/docker/" ID "/docker/fedcba9876543210" ID "\n", "0123456789ab"},
      {"2:cpu:/lxc/web1/init.scope\n", "web1"},
      {"0::/lxc.payload.db/system.slice\n", "db"},
      {"0::/\n", NULL},
      {"0::/user.slice/user-0.slice/session-1.scope\n", NULL},
      {"", NULL}};
  char name[CONTAINER_MAX];
  (void)state;
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    assert_int_equal(container_in(cases[i][0], name), cases[i][1] != NULL);
    if (cases[i][1] != NULL)
      assert_string_equal(name, cases[i][1]);
  }
  assert_false(container_of(0, name));
}

/* What a list of two processes is printed as; to be freed. */
static void is_cgroup(const char *text, const char *wanted) {
  char *found = cgroup_in(text);
  assert_string_equal(found, wanted);
  free(found);
}

static void test_unread(void **state) {
  (void)state;
  char *text = NULL, user[] = "me", cgroup[] = "/x";
  size_t bytes;
  struct ps_process one = {7, NULL, "", user, cgroup};
  FILE *to = open_memstream(&text, &bytes);
  ps_table_print(&one, 1, to);
  ps_lines_print(&one, 1, to);
  fclose(to);
  assert_non_null(strstr(text, "  7    me     -"));
  assert_non_null(strstr(text, "/x  (not readable)\n"));
  assert_non_null(strstr(
      text,
      "{\"pid\":7,\"container\":null,\"readable\":false,\"user\":\"me\",\"cgroup\":\"/x\"}\n"));
  free(text);
}

static void test_cgroups(void **state) {
  (void)state;
  is_cgroup("0::/system.slice/app.service\n", "/system.slice/app.service");
  is_cgroup("9:name=systemd:/x\n4:cpu,memory:/docker/abc\n0::/\n", "/docker/abc");
  is_cgroup("4:memory:/docker/abc\n0::/better\n", "/better");
  is_cgroup("4:memory2:/docker/abc\n3:mem:/y\n", "");
  is_cgroup("0::/\n4:memory:/late\n", "/late");
  is_cgroup("0::/with:colons\n", "/with:colons");
  is_cgroup("nothing of the kind", "");
  is_cgroup("", "");
}

static char *listed(void (*print)(struct ps_process *, size_t, FILE *)) {
  struct books small, large;
  struct dump_ledger ledger = {.kind = DUMP_LEDGER_RESIDENT, .bytes = 5000};
  books_start(&small);
  books_start(&large);
  small.process.program = 1;
  small.process.tags = DUMP_TAG_OFF;
  small.dump.n_accounts = 0;
  small.process.live_bytes = 10;
  small.process.lived_ns = 90 * SECOND;
  large.process.program = 6;
  large.process.sample_bytes = 512;
  large.process.live_bytes = 2048;
  large.dump.ledger = &ledger;
  large.dump.n_ledger = 1;
  struct ps_process both[] = {{12, &small.dump, "", NULL, NULL},
                              {345, &large.dump, "0123456789ab", NULL, NULL}};
  char *text;
  size_t length;
  FILE *to = open_memstream(&text, &length);
  print(both, 2, to);
  fclose(to);
  return text;
}

static void processes_are_listed(void **state) {
  char *table = listed(ps_table_print), *json = listed(ps_lines_print);
  (void)state;
  assert_string_equal(table,
                      "pid   live  resident  arenas  running for     tags     container  program\n"
                      "345  ~2048      5000       2          0.0  stack:8  0123456789ab  worker\n"
                      " 12   >=10         0       2         90.0      off             -  main\n");
  assert_string_equal(
      json,
      "{\"pid\":345,\"program\":\"worker\",\"live_bytes\":2048,\"live_is_small_objects\":false,"
      "\"resident_bytes\":5000,\"arenas\":2,\"lived_ns\":0,\"tags\":\"stack:8\","
      "\"container\":\"0123456789ab\"}\n"
      "{\"pid\":12,\"program\":\"main\",\"live_bytes\":10,\"live_is_small_objects\":true,"
      "\"resident_bytes\":0,\"arenas\":2,\"lived_ns\":90000000000,\"tags\":\"off\","
      "\"container\":null}\n");
  free(table);
  free(json);
}

#define WITH_MODEL(test) cmocka_unit_test_setup_teardown(test, test_start, test_end)

int main(void) {
  const struct CMUnitTest tests[] = {
      WITH_MODEL(rates_need_two_readings),
      WITH_MODEL(the_same_moment_changes_nothing),
      WITH_MODEL(growth_is_of_the_last_minute),
      WITH_MODEL(long_intervals_have_growth_since_the_last),
      WITH_MODEL(a_count_that_fell_started_again),
      WITH_MODEL(sites_that_come),
      WITH_MODEL(new_sites_wait_for_their_names),
      WITH_MODEL(rows_that_go),
      WITH_MODEL(an_arena_has_the_name_of_its_last_thread),
      WITH_MODEL(another_process_starts_again),
      WITH_MODEL(without_tags_large_requests_count_and_waste_is_unknown),
      WITH_MODEL(sorted_by_each),
      WITH_MODEL(an_account_of_a_lost_site),
      cmocka_unit_test(test_cgroups),
      cmocka_unit_test(test_unread),
      cmocka_unit_test(a_part_has_the_paths_of_its_sites_alone),
      cmocka_unit_test(figures_in_words),
      cmocka_unit_test(how_a_process_is_and_how_it_ended),
      WITH_MODEL(the_selection_stays_with_its_row),
      WITH_MODEL(a_filter_is_typed),
      WITH_MODEL(panels_come_and_go),
      cmocka_unit_test(containers_by_their_groups),
      cmocka_unit_test(processes_are_listed),
  };
  setlocale(LC_CTYPE, "C.UTF-8");
  return cmocka_run_group_tests(tests, NULL, NULL);
}
