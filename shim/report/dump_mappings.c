/* The dump's section of the resident ledger (stats/resident.h); contract in dump_parts.h. */
#include "dump_parts.h"

/* Names of one file follow one another, and are one text. */
void dump_mapping_names(struct dump_work *w) {
  struct resident_rows *t = w->resident.table;
  uint32_t last = 0, put = 0;
  for (unsigned i = 0; t != NULL && i < t->rows; i++) {
    uint32_t name = t->row[i].name;
    if (name != last)
      put = dump_string(w, t->text + name, ROWS_NAME_MAX);
    last = name;
    t->row[i].name = name != 0 ? put : 0;
  }
}

void dump_mappings(struct dump_work *w) {
  const struct resident_rows *t = w->resident.table;
  for (unsigned i = 0; t != NULL && i < t->rows; i++)
    *(struct dump_mapping *)dump_item(&w->out) = t->row[i];
}
