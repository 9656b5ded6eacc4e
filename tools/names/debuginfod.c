/* Shows how far a download is; contract in debuginfod.h.
 *
 * libdwfl loads libdebuginfod itself, and only when DEBUGINFOD_URLS is set; so do we, rather than
 * link it (and curl) into a command that mostly reads local files.
 */
#include "debuginfod.h"
#include "progress.h"

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>

typedef int progress_fn(debuginfod_client *client, long part, long whole);
typedef void set_progress_fn(debuginfod_client *client, progress_fn *fn);

static char module_name[64]; /* whose file is asked for: the client passes nothing on */

static int progress_tell(debuginfod_client *client, long part, long whole) {
  char what[128];
  (void)client;
  snprintf(what, sizeof what, "debuginfod: debug file of %s", module_name);
  progress_show(what, part > 0 ? (uint64_t)part : 0, whole > 0 ? (uint64_t)whole : 0);
  return 0;
}

void debuginfod_prepare(Dwfl *dwfl, const char *module) {
  const char *urls = getenv("DEBUGINFOD_URLS");
  if (urls == NULL || *urls == '\0')
    return;
  debuginfod_client *client = dwfl_get_debuginfod_client(dwfl);
  void *library = dlopen("libdebuginfod.so.1", RTLD_LAZY | RTLD_NOLOAD);
  if (client == NULL || library == NULL)
    return;
  set_progress_fn *set = (set_progress_fn *)dlsym(library, "debuginfod_set_progressfn");
  snprintf(module_name, sizeof module_name, "%s", module);
  if (set != NULL)
    set(client, progress_tell);
  dlclose(library);
}
