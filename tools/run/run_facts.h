/* What `arenashim run` remembers of each dump, and of each record of a process that runs on. */
#ifndef TOOLS_RUN_FACTS_H
#define TOOLS_RUN_FACTS_H

#include "dump.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>
#include <time.h>

/* What a dump says of its process. */
struct dump_file {
  char *path;    /* as the user would type it */
  char *program; /* its name, of run_name */
  char *host;
  char *moment; /* when it was made, in words (when.h) */
  uint32_t pid;
  uint32_t reason, signal; /* as in struct dump_process */
  uint64_t start_ns, lived_ns;
  uint64_t live_bytes, peak_bytes;
  const char *estimate, *peak_mark; /* their marks */
  struct timespec written;
  bool is_record;   /* it stays in its place: its process may write into it */
  bool is_replaced; /* its process became another program by exec */
  bool is_last;     /* of its process */
  bool is_final;    /* the process had ended, or was about to, when it wrote this */
};

struct dump_files {
  struct dump_file *items;
  size_t count;
  struct dump_file *main; /* the program's own last one, NULL: none */
};

/* The facts of a dump, without a path; `s` is of its file.  file_free frees them. */
struct dump_file file_facts(const struct dump *dump, const struct stat *s);
void file_free(struct dump_file *f);

/* Appends facts, with a copy of the path. */
void files_add(struct dump_files *all, struct dump_file f, const char *path);

/* A dump or record without warnings, which the views print; NULL: it can't be read, said why. */
struct dump *file_open_quietly(const char *path);

#endif
