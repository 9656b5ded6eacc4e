/* Lines cut to every width: none is too wide, and the heart stays as long as it can. */
#include "fit.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* A line as it is printed in so many columns; to be freed. */
static char *fitted(const char *line, unsigned columns) {
  char *at;
  size_t length;
  FILE *to = open_memstream(&at, &length);
  fit_print(line, strlen(line), columns, to);
  fclose(to);
  return at;
}

static void fits(const char *line, unsigned columns, const char *wanted) {
  char *got = fitted(line, columns);
  assert_string_equal(got, wanted);
  free(got);
}

#define HEART FIT_NAME "Log::put" FIT_PLACE " (log.cc:7)" FIT_END
static const char path[] = "std::vector<int*>::push_back < " HEART " < main < _start";

static void what_is_cut_first(void **state) {
  (void)state;
  fits(path, 0, "std::vector<int*>::push_back < Log::put (log.cc:7) < main < _start");
  fits(path, 66, "std::vector<int*>::push_back < Log::put (log.cc:7) < main < _start");
  fits(path, 65, "std::vector<...>::push_back < Log::put (log.cc:7) < main < _start");
  fits(path, 64, "std::vector<...>::push_back < Log::put (log.cc:7) < main < _s...");
  fits(path, 52, "std::vector<...>::push_back < Log::put (log.cc:7)...");
  fits(path, 51, "std::vector<...>::push_... < Log::put (log.cc:7)...");
  fits(path, 36, "std::vec... < Log::put (log.cc:7)...");
  fits(path, 35, "... < Log::put (log.cc:7)...");
  fits(path, 27, "Log::put (log.cc:7)...");
  fits(path, 22, "Log::put (log.cc:7)...");
  fits(path, 21, "std::vector<...>::...");
  fits(HEART, 19, "Log::put (log.cc:7)");
}

static void a_name_loses_its_middle_its_place_stays(void **state) {
  const char *line = FIT_NAME "Parser::read_token" FIT_PLACE " (p.c:9)" FIT_END;
  (void)state;
  fits(line, 26, "Parser::read_token (p.c:9)");
  fits(line, 25, "Parser:...d_token (p.c:9)");
  fits(line, 16, "Pa...ken (p.c:9)");
  fits(line, 15, "Parser::read...");
  fits(FIT_NAME "Parser::read_token" FIT_PLACE FIT_END " < main", 15, "Pars...token...");
}

static void a_nameless_namespace_goes_first(void **state) {
  const char *line = FIT_NAME "(anonymous namespace)::Log::put" FIT_PLACE " (l.c:1)" FIT_END;
  (void)state;
  fits(line, 39, "(anonymous namespace)::Log::put (l.c:1)");
  fits(line, 38, "Log::put (l.c:1)");
  assert_int_equal(fit_heart(line, strlen(line)), 16);
}

static void arguments_of_templates_go_before_anything_is_cut(void **state) {
  (void)state;
  fits("std::map<std::vector<int>, char (*)(a->b)>::at<long> < main", 58,
       "std::map<...>::at<...> < main");
  fits("std::operator<< <std::char_traits<char> > < main", 47,
       "std::operator<< <std::char_traits<...> > < main");
  fits("Point::operator< < sort<Point*> < main", 37, "Point::operator< < sort<...> < main");
  fits("Point::operator<< < operator-><Type> < main", 42,
       "Point::operator<< < operator-><...> < main");
  fits("a_long_name<not_closed < b<of_another>", 37, "a_long_name<not_closed < b<of_anot...");
  fits("<not_opened>::name and more", 20, "<not_opened>::nam...");
}

static void without_a_heart_the_end_goes(void **state) {
  (void)state;
  fits("demo+0x401010 < demo+0x402020", 29, "demo+0x401010 < demo+0x402020");
  fits("demo+0x401010 < demo+0x402020", 20, "demo+0x401010 < d...");
  fits("h\xc3\xa9h\xc3\xa9h\xc3\xa9", 5, "h\xc3\xa9...");
  assert_int_equal(fit_heart("demo", 4), 0);
}

/* Every width: the line fits; the heart is whole wherever fit_heart says it can be. */
static void every_width(void **state) {
  static const char *const lines[] = {path,
                                      "[level 3] < " HEART,
                                      HEART " < main",
                                      FIT_NAME "\xc3\xbc" FIT_PLACE " (\xc3\xbc.c:1)" FIT_END
                                               " < \xc3\xbc",
                                      FIT_NAME FIT_PLACE FIT_END,
                                      "x" FIT_END FIT_NAME "y",
                                      ""};
  (void)state;
  for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
    unsigned heart = fit_heart(lines[i], strlen(lines[i]));
    for (unsigned columns = 1; columns < 80; columns++) {
      char *got = fitted(lines[i], columns);
      assert_true(fit_columns(got, strlen(got)) <= columns || columns < 3);
      assert_null(strpbrk(got, FIT_NAME FIT_PLACE FIT_END));
      if (i < 3 && columns >= heart)
        assert_non_null(strstr(got, "Log::put (log.cc:7)"));
      free(got);
    }
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(what_is_cut_first),
      cmocka_unit_test(a_name_loses_its_middle_its_place_stays),
      cmocka_unit_test(a_nameless_namespace_goes_first),
      cmocka_unit_test(arguments_of_templates_go_before_anything_is_cut),
      cmocka_unit_test(without_a_heart_the_end_goes),
      cmocka_unit_test(every_width),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
