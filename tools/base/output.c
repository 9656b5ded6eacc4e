/* Opens and ends outputs; contract in output.h. */
#include "output.h"
#include "say.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool is_same(const struct stat *a, const struct stat *b) {
  return a->st_dev == b->st_dev && a->st_ino == b->st_ino;
}

/* The rights that a file of this group may have: none for those who can't read the input.  Of an
 * input that is gone (all zero), for its owner alone. */
static mode_t rights_allowed(const struct stat *input, gid_t group) {
  bool others = input->st_mode & S_IROTH;
  bool members = group == input->st_gid ? input->st_mode & S_IRGRP : others;
  return 07700 | (members ? S_IRWXG : 0) | (others ? S_IRWXO : 0);
}

/* What all inputs allow. */
static mode_t rights_common(const struct inputs *inputs, gid_t group) {
  mode_t rights = 07777;
  for (size_t i = 0; i < inputs->count; i++) {
    struct stat from = {0};
    stat(inputs->names[i], &from);
    rights &= rights_allowed(&from, group);
  }
  return rights;
}

/* Before there is anything to read in it.  A file that is replaced keeps its rights, as far as the
 * inputs have them. */
static bool rights_give(int fd, const struct stat *old, const struct inputs *inputs) {
  struct stat made;
  if (fstat(fd, &made) != 0)
    return false;
  mode_t rights = (old != NULL ? old : &made)->st_mode & rights_common(inputs, made.st_gid);
  return rights == (made.st_mode & 07777) || fchmod(fd, rights) == 0;
}

/* A link stays one: what it leads to is replaced. */
static FILE *scratch_start(struct output *o, const struct stat *old, const struct inputs *inputs) {
  char *real = old != NULL ? realpath(o->name, NULL) : NULL;
  o->path = real != NULL ? real : must_copy(o->name);
  if (!scratch_open(&o->scratch, o->path) || !rights_give(o->scratch.fd, old, inputs))
    return NULL;
  int fd = fcntl(o->scratch.fd, F_DUPFD_CLOEXEC, 0);
  return fd < 0 ? NULL : must_have(fdopen(fd, "w"));
}

static bool is_input(const struct stat *out, const struct inputs *inputs) {
  struct stat from;
  for (size_t i = 0; i < inputs->count; i++)
    if (stat(inputs->names[i], &from) == 0 && is_same(out, &from))
      return true;
  return false;
}

static bool file_open(struct output *o, const struct inputs *inputs) {
  struct stat old;
  bool exists = stat(o->name, &old) == 0;
  if (exists && is_input(&old, inputs)) {
    say_error("%s is the dump itself: name another file with -o", o->name);
    return false;
  }
  if (exists && access(o->name, W_OK) != 0)
    o->to = NULL;
  else if (exists && !S_ISREG(old.st_mode))
    o->to = fopen(o->name, "we");
  else
    o->to = scratch_start(o, exists ? &old : NULL, inputs);
  if (o->to == NULL)
    say_error("%s can't be written: %s: name another file with -o", o->name, strerror(errno));
  return o->to != NULL;
}

static void output_free(struct output *o) {
  scratch_drop(&o->scratch);
  free(o->path);
}

bool output_open_of(struct output *o, const char *path, const struct inputs *inputs,
                    const char *binary) {
  *o = (struct output){.to = stdout, .name = path != NULL ? path : "the output", .scratch.fd = -1};
  if (path == NULL && binary != NULL && isatty(STDOUT_FILENO)) {
    say_error("%s is no text for a terminal: name a file with -o, or use a pipe", binary);
    return false;
  }
  if (path == NULL || file_open(o, inputs))
    return true;
  output_free(o);
  return false;
}

bool output_open(struct output *o, const char *path, const char *input, const char *binary) {
  char *names[] = {(char *)input};
  return output_open_of(o, path, &(struct inputs){.names = names, .count = 1}, binary);
}

/* What is in the buffers counts only when it has arrived. */
static bool stream_end(struct output *o) {
  bool good = fflush(o->to) == 0 && !ferror(o->to);
  int why = errno;
  good = (o->to == stdout || fclose(o->to) == 0) && good;
  if (good && (o->path == NULL || scratch_keep(&o->scratch, o->path)))
    return true;
  say_error("%s could not be written: %s: check where the output goes", o->name,
            strerror(good ? errno : why));
  return false;
}

bool output_close(struct output *o, bool keep) {
  if (!keep && o->to != stdout)
    fclose(o->to);
  bool kept = keep && stream_end(o);
  output_free(o);
  return kept;
}
