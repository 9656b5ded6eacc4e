/* A library whose destructor runs after the shim's: it frees what it has, and allocates anew.
 * Opened by late_free. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { COUNT = 3000 };

static char *held[COUNT];

static size_t size_of(int i) { return (size_t)(i * 11 % 900); }

__attribute__((constructor)) static void fill(void) {
  for (int i = 0; i < COUNT; i++) {
    held[i] = malloc(size_of(i) + 1);
    memset(held[i], 'h', size_of(i));
    held[i][size_of(i)] = '\0';
  }
}

__attribute__((destructor)) static void drain(void) {
  int wrong = 0;
  for (int i = 0; i < COUNT; i++) {
    wrong += strlen(held[i]) != size_of(i);
    held[i] = realloc(held[i], 1000);
    wrong += strlen(held[i]) != size_of(i);
    free(held[i]);
    free(calloc(1, size_of(i)));
  }
  const char *line = wrong ? "late: contents changed\n" : "late: done\n";
  ssize_t wrote = write(1, line, strlen(line));
  (void)wrote;
}
