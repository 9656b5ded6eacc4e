/* The words after "arenashim push". */
#ifndef TOOLS_PUSH_OPTIONS_H
#define TOOLS_PUSH_OPTIONS_H

#include "options.h"

#include <stdbool.h>
#include <stdint.h>

enum push_server { PUSH_PYROSCOPE, PUSH_PARCA };
enum { PUSH_LABELS_MOST = 32 };

struct push_label {
  char *name, *value;
};

struct push_options {
  const char *url;     /* as it was given */
  struct inputs files; /* PIDs and FILEs; of several the sums are sent */
  const char *what;    /* what messages call them */
  enum push_server server;
  bool has_server;        /* it was asked for; else the URL's path says it */
  const char *name;       /* of the application; NULL: the program's */
  const char *ca;         /* file of certificates; NULL: the system's */
  const char *headers[8]; /* "NAME: VALUE" */
  unsigned n_headers, n_labels;
  struct push_label labels[PUSH_LABELS_MOST];
  uint64_t every_ns;     /* 0: once */
  uint64_t timeout_ms;   /* of one attempt */
  unsigned long retries; /* after the first attempt */
  struct option_names names;
};

/* Reads them; ends the command when they are wrong or ask for help. */
void push_options_read(struct push_options *o, int argc, char **argv);
void push_options_free(struct push_options *o);

#endif
