/* Opens a plugin with RTLD_DEEPBIND and has memory cross its border both ways.  Ends with 7.
 * Usage: deepbind PLUGIN [dlmopen | sealed]
 *   dlmopen   opens it by that function, in the program's own namespace
 *   sealed    first installs a filter that forbids to make a page writable */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

static void seal(void) {
  struct sock_filter code[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_mprotect, 0, 3),
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[2])),
      BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, PROT_WRITE, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | 1),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };
  struct sock_fprog filter = {sizeof code / sizeof *code, code};
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
      prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) != 0)
    exit(3);
}

int main(int count, char **arguments) {
  const char *how = count == 3 ? arguments[2] : "";
  if (strcmp(how, "sealed") == 0)
    seal();
  int flags = RTLD_NOW | RTLD_LOCAL | RTLD_DEEPBIND;
  void *plugin = strcmp(how, "dlmopen") == 0 ? dlmopen(LM_ID_BASE, arguments[1], flags)
                                             : dlopen(arguments[1], flags);
  if (plugin == NULL)
    return 2;
  char *(*give)(void) = (char *(*)(void))dlsym(plugin, "plugin_give");
  void (*take)(char *) = (void (*)(char *))dlsym(plugin, "plugin_take");
  int (*line)(const char *) = (int (*)(const char *))dlsym(plugin, "plugin_line");
  for (int i = 0; i < 1000; i++) {
    char *p = realloc(give(), 2000);
    if (p == NULL || strcmp(p, "given") != 0 || !line(arguments[0]))
      return 1;
    take(p);
    take(strdup("ours"));
  }
  return 7;
}
