/* The messages before an abort for pointers into the range.  Contract: fault.h. */
#include "fault.h"
#include "check.h"
#include "heap_state.h"

#include <stdlib.h>
#include <unistd.h>

hidden void (*fault_write_module)(struct text *t, const void *caller);

void fault_begin(struct text *t, const char *entry, const void *p, const void *caller) {
  text_str(t, "arenashim: ");
  text_str(t, entry);
  text_char(t, '(');
  text_hex(t, (uintptr_t)p);
  text_str(t, ") called from ");
  text_hex(t, (uintptr_t)caller);
  if (fault_write_module != NULL)
    fault_write_module(t, caller);
  text_str(t, ": ");
}

void fault_end(struct text *t) {
  text_char(t, '\n');
  text_write(t, STDERR_FILENO);
  abort();
}

static void describe_object(struct text *t, const struct slab *s, const void *p) {
  uint32_t index = slab_cell_index(s, p);
  size_t inside = (size_t)((const char *)p - slab_cell(s, index));
  if (index >= s->carved) {
    text_str(t, "this memory was never handed out");
    return;
  }
  if (inside == 0)
    text_str(t, "double free of the ");
  else {
    text_str(t, "the pointer is ");
    text_u64(t, inside);
    text_str(t, " bytes inside the ");
  }
  text_u64(t, slab_cell_bytes(s));
  text_str(t, "-byte object at ");
  text_hex(t, (uintptr_t)slab_cell(s, index));
}

void fault_in_slab(const struct slab *s, const char *entry, const void *p, const void *caller) {
  char buffer[384];
  struct text t = TEXT_ON(buffer);
  fault_begin(&t, entry, p, caller);
  if (s->class != 0)
    describe_object(&t, s, p);
  else
    text_str(&t, "double free or invalid pointer: every object near it was freed before");
  if (s->owner != NULL) {
    text_str(&t, " of arena ");
    text_u64(&t, heap_number(s->owner));
  }
  fault_end(&t);
}

void fault_in_list(const struct slab *s) {
  const struct cell *last = NULL, *p = s->free;
  for (uint32_t n = 0; n < s->carved && p != NULL && slab_holds_cell(s, p); n++, p = p->next)
    last = p;
  if (p == NULL || slab_holds_cell(s, p) || last == NULL)
    check_failed("heap corrupted: an object was freed twice");
  char buffer[384];
  struct text t = TEXT_ON(buffer);
  text_str(&t, "arenashim: heap corrupted: the ");
  text_u64(&t, slab_cell_bytes(s));
  text_str(&t, "-byte object at ");
  text_hex(&t, (uintptr_t)last);
  text_str(&t, " was written to after it was freed (its first word is now ");
  text_hex(&t, (uintptr_t)p);
  text_char(&t, ')');
  fault_end(&t);
}
