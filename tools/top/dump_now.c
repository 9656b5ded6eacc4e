/* Writes what the books of a process, or its record, say into a file; contract in dump_now.h.
 *
 * The process is not stopped and does not notice.  The file is its reader's: whoever may read the
 * process's memory may be allowed more than others.
 */
#include "dump_now.h"
#include "dump_read.h"
#include "output.h"
#include "say.h"
#include "source.h"
#include "words.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct asked {
  const char *out;  /* NULL: NAME.PID.dump here */
  const char *what; /* PID or FILE of a record */
};

/* ---- a new file here ---- */

static bool write_all(int fd, const unsigned char *bytes, size_t size) {
  for (ssize_t n; size > 0; bytes += n, size -= (size_t)n)
    if ((n = write(fd, bytes, size)) < 0)
      return false;
  return true;
}

/* Makes NAME.PID.dump, or NAME.PID-2.dump and so on where that is taken.  Its descriptor; -1 with
 * errno.  *path is to be freed. */
static int file_new(const char *program, unsigned pid, char **path) {
  for (int i = 1;; i++) {
    char number[16] = "";
    if (i > 1)
      snprintf(number, sizeof number, "-%d", i);
    *path = must_print("%s.%u%s.dump", program, pid, number);
    int fd = open(*path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd >= 0 || errno != EEXIST)
      return fd;
    free(*path);
  }
}

/* The program's name in the dump, as part of a file's name, and the PID: as it was asked for, since
 * in its own namespace it is another. */
static char *name_of(const struct asked *a, const unsigned char *image, size_t size,
                     unsigned *pid) {
  struct dump *d = dump_parse("the dump", image, size);
  *pid = (unsigned)source_pid(a->what);
  if (*pid == 0 && d != NULL)
    *pid = d->process->pid;
  char *name = must_copy(d != NULL ? dump_text(d, d->process->program) : "");
  for (char *c = name; *c != '\0'; c++)
    if (*c == '/' || *c < ' ')
      *c = '_';
  if (*name == '\0' || *name == '.') {
    free(name);
    name = must_copy("process");
  }
  dump_close(d);
  return name;
}

static bool write_here(const struct asked *a, const unsigned char *image, size_t size) {
  unsigned pid;
  char *name = name_of(a, image, size, &pid), *path;
  int fd = file_new(name, pid, &path);
  bool made = fd >= 0, written = made && write_all(fd, image, size);
  int why = errno;
  if (made && close(fd) != 0 && written) {
    written = false;
    why = errno;
  }
  if (made && !written)
    unlink(path);
  if (written)
    puts(path);
  else
    say_error("%s can't be written: %s: name another file with -o", path, strerror(why));
  free(path);
  free(name);
  return written;
}

/* ---- the file that was named ---- */

static bool write_named(const struct asked *a, const unsigned char *image, size_t size) {
  struct output o;
  if (!output_open(&o, a->out, "", NULL))
    return false;
  return output_close(&o, fwrite(image, 1, size, o.to) == size || ferror(o.to));
}

/* ---- the command ---- */

static error_t option_read(int key, char *word, struct argp_state *state) {
  struct asked *a = state->input;
  if (key == 'o' && *word == '\0')
    words_fail(state, "-o: the FILE's name is empty: name one");
  if (key == ARGP_KEY_ARG && a->what != NULL)
    words_fail(state, "%s: one PID or FILE at a time, and %s is named already", word, a->what);
  if (key == ARGP_KEY_ARG && *word >= '0' && *word <= '9' && source_pid(word) == 0 &&
      access(word, F_OK) != 0)
    words_fail(state, "%s: give a PID: `arenashim ps` lists the processes under the shim", word);
  if (key == ARGP_KEY_END && a->what == NULL)
    words_fail(state, "name a PID: `arenashim ps` lists the processes under the shim");
  if (key == 'o')
    a->out = word;
  else if (key == ARGP_KEY_ARG)
    a->what = word;
  else if (key != ARGP_KEY_END)
    return ARGP_ERR_UNKNOWN;
  return 0;
}

static struct asked options_read(int argc, char **argv) {
  static const struct argp_option options[] = {
      {"output", 'o', "FILE", 0,
       "Write to FILE, in place of what is there (default: NAME.PID.dump here, or NAME.PID-2.dump "
       "and so on, and its name on standard output)",
       0},
      {0}};
  static const struct argp parser = {
      options,
      option_read,
      "PID|FILE",
      "Writes a dump of a process that runs under the shim, from outside: it is not stopped, and "
      "does not notice. FILE is a record (ARENASHIM_RECORD).\vIt needs the rights of a debugger: "
      "the same user where the kernel lets "
      "one, or root; or the right to read the process's record. Blocks, regions and pinned cells "
      "are not in such a dump; without call sites "
      "(ARENASHIM_TAG) it has arenas and size classes.",
      NULL,
      NULL,
      NULL};
  struct asked a = {0};
  words_parse(&parser, argc, argv, 0, &a);
  return a;
}

int dump_command(int argc, char **argv) {
  struct asked a = options_read(argc, argv);
  size_t size;
  unsigned char *image = source_image(a.what, &size);
  bool good =
      image != NULL && (a.out != NULL ? write_named(&a, image, size) : write_here(&a, image, size));
  free(image);
  return good && fflush(stdout) == 0 ? 0 : 2;
}
