/* Opens and names files; contract and rules in output_path.h. */
#include "output_path.h"
#include "digits.h"
#include "os.h"
#include "own_calls.h"
#include "program.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

enum {
  READER_WAIT_MS = 1000,
  NAMES_TRIED = 64,
  RANDOM_DIGITS = 8,
  DIRECTORY_MAX = PATTERN_MAX - 256
};

/* ---- descriptors under the name of a file ---- */

static int number_of(const char *s) {
  size_t n;
  return digits_read(&s, &n) && *s == '\0' && n <= INT32_MAX ? (int)n : -1;
}

int output_path_fd(const char *path) {
  static const char *const directories[] = {"/dev/fd/", "/proc/self/fd/"};
  if (strcmp(path, "/dev/stdout") == 0)
    return STDOUT_FILENO;
  if (strcmp(path, "/dev/stderr") == 0)
    return STDERR_FILENO;
  for (size_t i = 0; i < sizeof directories / sizeof *directories; i++) {
    size_t n = strlen(directories[i]);
    if (strncmp(path, directories[i], n) == 0)
      return number_of(path + n);
  }
  return -1;
}

/* ---- what stands under a path ---- */

/* The directory that the name is in.  False, too, if its path is so long that it does not fit here:
 * then it is not trusted. */
static bool stat_directory(const char *name, struct stat *s) {
  char directory[DIRECTORY_MAX];
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

enum output_kind output_kind_of(const char *name) {
  struct stat s, end;
  if (lstat(name, &s) != 0)
    return OUTPUT_FILE;
  if (S_ISLNK(s.st_mode))
    return directory_is_safe(name) && stat(name, &end) == 0 && is_device_or_pipe(&end)
               ? OUTPUT_DIRECT
               : OUTPUT_FILE;
  return is_device_or_pipe(&s) && (is_ours_alone(&s) || directory_is_safe(name)) ? OUTPUT_DIRECT
                                                                                 : OUTPUT_FILE;
}

int output_error(const char *name) {
  struct stat s;
  char directory[DIRECTORY_MAX];
  size_t n = (size_t)(text_base(name) - name);
  if (output_path_fd(name) >= 0 || output_kind_of(name) == OUTPUT_DIRECT || n >= sizeof directory)
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

/* Moves a new descriptor above 2: other threads may write to 0, 1 or 2 although the program has
 * closed them, and must not write into our file. */
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

/* Opens the file for writing; fails with ELOOP if another user has put a different file there
 * between the look and the opening.  `follow`: 0 or O_NOFOLLOW. */
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

int output_open_direct(const char *name) {
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

static void append(char name[OUTPUT_NAME_MAX], const char *infix, uint64_t n) {
  struct text t = {.bytes = name, .capacity = OUTPUT_NAME_MAX - 1, .length = strlen(name)};
  text_str(&t, infix);
  text_u64(&t, n);
  name[t.length] = '\0';
}

static void append_random(char name[OUTPUT_NAME_MAX], const char *infix) {
  struct text t = {.bytes = name, .capacity = OUTPUT_NAME_MAX - 1, .length = strlen(name)};
  uint64_t random = program_random();
  text_str(&t, infix);
  for (int i = 0; i < RANDOM_DIGITS; i++)
    text_char(&t, "0123456789abcdef"[random >> 4 * i & 15]);
  name[t.length] = '\0';
}

int output_open_temporary(const char *name, char temporary[OUTPUT_NAME_MAX]) {
  mode_t mode = directory_is_ours(name) ? 0644 : 0600;
  struct stat s;
  int fd = -1;
  errno = lstat(name, &s) == 0 && S_ISDIR(s.st_mode) ? EISDIR : EEXIST;
  for (int i = 0; i < NAMES_TRIED && fd < 0 && errno == EEXIST; i++) {
    memcpy(temporary, name, OUTPUT_NAME_MAX);
    append_random(temporary, ".tmp.");
    fd = open(temporary, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode);
  }
  if (fd < 0)
    temporary[0] = '\0';
  return above_stdio(fd);
}

/* ---- naming ---- */

/* Renames a file; false with EEXIST if the new name exists already.  link fails in that case, while
 * rename would replace the file.  File systems without hard links have the second way, some old
 * ones only the third, which can replace a file that appears between the look and the renaming. */
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

/* Appends the pid if the name exists; if that exists too (a further report of this process), the
 * number; after that, random digits. */
bool output_rename(const char *temporary, char name[OUTPUT_NAME_MAX], uint64_t number) {
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

bool output_replace(const char *temporary, const char *name) {
  return rename(temporary, name) == 0;
}
