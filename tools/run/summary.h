/* The report that fits a screen: a line for each call site that matters, and what to type next. */
#ifndef TOOLS_SUMMARY_H
#define TOOLS_SUMMARY_H

#include "dump.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

enum { SUMMARY_ROWS = 23 }; /* at most, if file's name lets each "next" fit a line */

struct summary {
  const char *title; /* which process, and how it ended */
  uint64_t end_ns;   /* from its start; 0: not known */
  const char *files; /* the dump's, as a shell reads it, for the commands to type next */
  unsigned width;    /* columns */
  bool colours;
};

/* Writes it; the dump has accounts (rows_possible). */
void summary_write(const struct summary *s, const struct dump *d, FILE *to);

/* A word as a shell reads it back: quoted when it has to be. */
void summary_word(const char *word, FILE *to);

#endif
