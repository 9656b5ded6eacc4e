/* The list; contract in run_time.h. */
#include "run_time.h"
#include "text.h"

/* By the start of a module's name. */
static const struct {
  const char *module, *remedy;
} systems[] = {
    {"python3", "CPython maps memory for its objects: PYTHONMALLOC=malloc makes it ask malloc"},
    {"libpython3", "CPython maps memory for its objects: PYTHONMALLOC=malloc makes it ask malloc"},
    {"php", "PHP maps memory for its values: USE_ZEND_ALLOC=0 makes it ask malloc"},
    {"libphp", "PHP maps memory for its values: USE_ZEND_ALLOC=0 makes it ask malloc"},
    {"libjvm.so", "Java maps memory for its objects: `jcmd PID GC.class_histogram` lists them"},
    {"node", "V8 maps memory for JavaScript's objects: see node --heapsnapshot-signal=USR2"},
    {"libnode.so", "V8 maps memory for JavaScript's objects: see node --heapsnapshot-signal=USR2"},
    {"cc1", "gcc maps memory for its trees, which are not shown here"},
};

const char *run_time_remedy(const char *path) {
  for (size_t i = 0; i < sizeof systems / sizeof *systems; i++)
    if (text_starts(file_base(path), systems[i].module))
      return systems[i].remedy;
  return NULL;
}
