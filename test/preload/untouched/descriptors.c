/* Writes which descriptors are open at main to one of them, which is not listed: descriptors TO */
#include "../check.h"

int main(int argc, char **argv) {
  int to = (int)arg_long(argc, argv, 1, 1);
  for (int fd = 0; fd < 2000; fd++) {
    int flags = fcntl(fd, F_GETFD);
    if (flags >= 0 && fd != to)
      dprintf(to, "%d%s\n", fd, flags & FD_CLOEXEC ? "(cloexec)" : "");
  }
  return 0;
}
