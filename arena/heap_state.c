/* Which heap a thread has.  Contract: heap_state.h. */
#include "heap_state.h"

const struct heap heap_empty[3];
__thread struct heap *heap_self __attribute__((tls_model("initial-exec"))) =
    (struct heap *)&heap_none;
__thread struct heap *heap_tagged_self __attribute__((tls_model("initial-exec")));
