/* What a pattern stands for; contract and rules in place.h. */
#include "place.h"
#include "os.h"
#include "own_calls.h"
#include "program.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

enum { READER_WAIT_MS = 1000, NAMES_TRIED = 64, RANDOM_DIGITS = 8 };

/* ---- patterns ---- */

static void text_field(struct text *to, char field, uint64_t number) {
  switch (field) {
  case 'p':
    text_u64(to, (uint64_t)getpid());
    break;
  case 'e':
    text_str(to, program_name());
    break;
  case 'h':
    text_str(to, program_host());
    break;
  case 't':
    text_u64(to, (uint64_t)time(NULL));
    break;
  case 'n':
    text_u64(to, number);
    break;
  case '%':
    text_char(to, '%');
    break;
  default: /* not one of ours: as it stands */
    text_char(to, '%');
    text_char(to, field);
  }
}

static void expand(struct text *to, const char *pattern, uint64_t number) {
  for (; *pattern != '\0'; pattern++) {
    if (*pattern == '%' && pattern[1] != '\0')
      text_field(to, *++pattern, number);
    else
      text_char(to, *pattern);
  }
}

void place_expand(struct text *to, const char *pattern, const char *what, uint64_t number) {
  size_t length = strlen(pattern);
  expand(to, pattern, number);
  if (length > 0 && pattern[length - 1] == '/')
    expand(to, strcmp(what, "dump") == 0 ? "%e.%p.dump" : "%e.%p.txt", number);
}

static int digits(const char *s) {
  int n = 0;
  for (; *s >= '0' && *s <= '9' && n < 100000000; s++)
    n = n * 10 + (*s - '0');
  return *s == '\0' ? n : -1;
}

int place_descriptor(const char *path) {
  static const char *const directories[] = {"/dev/fd/", "/proc/self/fd/"};
  if (strcmp(path, "/dev/stdout") == 0)
    return STDOUT_FILENO;
  if (strcmp(path, "/dev/stderr") == 0)
    return STDERR_FILENO;
  for (size_t i = 0; i < sizeof directories / sizeof *directories; i++) {
    size_t n = strlen(directories[i]);
    if (strncmp(path, directories[i], n) == 0 && path[n] != '\0')
      return digits(path + n);
  }
  return -1;
}

/* ---- what is there ---- */

/* Looks at the directory of a name. */
static bool stat_directory(const char *name, struct stat *s) {
  char directory[PATTERN_MAX - 256]; /* a longer one is not looked at, and so trusted by nobody */
  size_t n = (size_t)(text_base(name) - name);
  if (n >= sizeof directory)
    return false;
  memcpy(directory, n > 0 ? name : ".", n);
  directory[n] = '\0';
  return stat(n > 0 ? directory : ".", s) == 0;
}

static bool others_can_write(const struct stat *s) {
  return (s->st_mode & (S_IWGRP | S_IWOTH)) != 0;
}

static bool directory_is_ours(const char *name) {
  struct stat s;
  return stat_directory(name, &s) && s.st_uid == geteuid() && !others_can_write(&s);
}

static bool directory_is_safe(const char *name) {
  struct stat s;
  return stat_directory(name, &s) && (s.st_uid == geteuid() || s.st_uid == 0) &&
         !others_can_write(&s);
}

static bool is_device_or_pipe(const struct stat *s) {
  return !S_ISREG(s->st_mode) && !S_ISDIR(s->st_mode) && !S_ISLNK(s->st_mode);
}

static bool is_ours_alone(const struct stat *s) {
  return s->st_uid == geteuid() && s->st_nlink == 1;
}

enum place_kind place_look(const char *name) {
  struct stat s, end;
  if (lstat(name, &s) != 0)
    return PLACE_FILE;
  if (S_ISLNK(s.st_mode))
    return directory_is_safe(name) && stat(name, &end) == 0 && is_device_or_pipe(&end)
               ? PLACE_DIRECT
               : PLACE_FILE;
  return is_device_or_pipe(&s) && (is_ours_alone(&s) || directory_is_safe(name)) ? PLACE_DIRECT
                                                                                 : PLACE_FILE;
}

int place_error(const char *name) {
  struct stat s;
  char directory[PATTERN_MAX - 256];
  size_t n = (size_t)(text_base(name) - name);
  if (place_descriptor(name) >= 0 || place_look(name) == PLACE_DIRECT || n >= sizeof directory)
    return 0;
  if (lstat(name, &s) == 0 && S_ISDIR(s.st_mode))
    return EISDIR;
  memcpy(directory, name, n);
  directory[n] = '\0';
  bool possible =
      own_call(SYS_faccessat2, AT_FDCWD, n > 0 ? directory : ".", W_OK | X_OK, AT_EACCESS) == 0;
  return possible || errno == ENOSYS || errno == EPERM ? 0 : errno;
}

/* ---- opening ---- */

/* Other threads may write to 0, 1 or 2 although the program has closed them: not into our file. */
static int above_stdio(int fd) {
  if (fd < 0 || fd > STDERR_FILENO)
    return fd;
  int above = fcntl(fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1), saved = errno;
  close(fd);
  errno = saved;
  return above;
}

static bool is_still(int fd, const struct stat *found) {
  struct stat s;
  return fstat(fd, &s) == 0 && s.st_dev == found->st_dev && s.st_ino == found->st_ino;
}

/* What others exchanged since it was looked at must not be written to. */
static int open_checked(const char *name, int follow) {
  struct stat found;
  if ((follow != 0 ? lstat(name, &found) : stat(name, &found)) != 0)
    return -1;
  int fd = open(name, O_WRONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK | follow);
  if (fd < 0 || is_still(fd, &found))
    return above_stdio(fd);
  close(fd);
  errno = ELOOP;
  return -1;
}

int place_open_direct(const char *name) {
  struct stat s;
  int follow = lstat(name, &s) == 0 && S_ISLNK(s.st_mode) ? 0 : O_NOFOLLOW;
  bool pipe = stat(name, &s) == 0 && S_ISFIFO(s.st_mode);
  uint32_t since = os_now_ms();
  int fd;
  while ((fd = open_checked(name, follow)) < 0 && errno == ENXIO && pipe &&
         os_now_ms() - since < READER_WAIT_MS)
    os_sleep_us(5000);
  return fd;
}

static bool append(char name[SINK_NAME_MAX], const char *infix, uint64_t n) {
  struct text t = {.bytes = name, .capacity = SINK_NAME_MAX - 1, .length = strlen(name)};
  text_str(&t, infix);
  text_u64(&t, n);
  name[t.length] = '\0';
  return !t.full;
}

static void append_random(char name[SINK_NAME_MAX], const char *infix) {
  struct text t = {.bytes = name, .capacity = SINK_NAME_MAX - 1, .length = strlen(name)};
  uint64_t random = program_random();
  text_str(&t, infix);
  for (int i = 0; i < RANDOM_DIGITS; i++)
    text_char(&t, "0123456789abcdef"[random >> 4 * i & 15]);
  name[t.length] = '\0';
}

int place_open_temporary(const char *name, char temporary[SINK_NAME_MAX]) {
  mode_t mode = directory_is_ours(name) ? 0666 : 0600;
  struct stat s;
  int fd = -1;
  errno = lstat(name, &s) == 0 && S_ISDIR(s.st_mode) ? EISDIR : EEXIST;
  for (int i = 0; i < NAMES_TRIED && fd < 0 && errno == EEXIST; i++) {
    memcpy(temporary, name, SINK_NAME_MAX);
    append_random(temporary, ".tmp.");
    fd = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode);
  }
  if (fd < 0)
    temporary[0] = '\0';
  return above_stdio(fd);
}

/* ---- naming ---- */

/* link fails if the name exists; rename would replace it.  File systems without hard links have
 * the second way, some old ones only the third. */
static bool move(const char *from, const char *to) {
  struct stat s;
  if (link(from, to) == 0)
    return unlink(from) == 0;
  if (errno == EEXIST || errno == ENAMETOOLONG || errno == ENOENT)
    return false;
  if (renameat2(AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE) == 0)
    return true;
  if (errno != EINVAL && errno != ENOSYS)
    return false;
  if (lstat(to, &s) == 0) {
    errno = EEXIST;
    return false;
  }
  return rename(from, to) == 0;
}

/* The pid, for a further report of this process its number, then whatever is free. */
bool place_give_name(const char *temporary, char name[SINK_NAME_MAX], uint64_t number) {
  const uint64_t endings[] = {(uint64_t)getpid(), number};
  size_t n = 0, length = strlen(name);
  for (int i = 0; i < NAMES_TRIED; i++) {
    if (move(temporary, name))
      return true;
    if (errno != EEXIST)
      return false;
    if (i < 2) {
      append(name, ".", endings[i]);
      n = strlen(name);
    } else {
      name[n] = '\0';
      append_random(name, ".");
    }
  }
  name[length] = '\0';
  errno = EEXIST;
  return false;
}
