/* jemalloc's share and the ledger; contract in report_ledger.h. */
#include "report_ledger.h"
#include "ledger.h"

static void amount(struct text *t, const char *name, uint64_t bytes) {
  text_str(t, "  ");
  text_str_left(t, name, 44);
  text_u64_right(t, bytes, 18);
  text_char(t, '\n');
}

void report_large(struct text *t, const struct gathered *g) {
  text_str(t, "\njemalloc: requests of 512 bytes and above");
  text_str(t, g->reason == REPORT_ON_SIGNAL ? " (its figures: as of the last refresh)\n" : "\n");
  amount(t, "requests passed on", g->large_allocs);
  amount(t, "frees passed on", g->large_frees);
  amount(t, "bytes in live objects, with its rounding", g->large.allocated);
  amount(t, "bytes in pages with live objects", g->large.active);
  amount(t, "its metadata", g->large.metadata);
  amount(t, "resident, its estimate", g->large.resident);
}

void report_ledger(struct text *t, const struct gathered *g) {
  struct ledger l;
  ledger_read(&l, g);
  text_str(t, "\nledger: all that is mapped, in bytes\n");
  for (unsigned i = 0; i < l.lines; i++)
    amount(t, l.line[i].name, l.line[i].bytes);
  amount(t, "sum of these lines", l.sum);
  amount(t, "mapped, by the counter at mmap and munmap", l.mapped);
  if (l.sum != l.mapped)
    amount(t, l.sum < l.mapped ? "DIFFERENCE: not in any line" : "DIFFERENCE: in lines only",
           l.sum < l.mapped ? l.mapped - l.sum : l.sum - l.mapped);
  amount(t, "resident size of the process, by the kernel", gather_resident());
}
