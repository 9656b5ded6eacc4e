/* jemalloc's share and the ledger; contract in report_ledger.h. */
#include "report_ledger.h"
#include "huge.h"
#include "ledger.h"
#include "report_text.h"

static const char *figures(const struct snapshot *g) {
  return !snapshot_is_careful(g->reason) ? ""
         : figures_are_remembered()      ? " (its figures: as of the last refresh)"
                                         : "";
}

void report_large(struct text *t, const struct snapshot *g) {
  text_str(t, "\njemalloc: requests of 512 bytes and above");
  report_line(t, figures(g));
  report_amount(t, "requests passed on", g->large_allocs);
  report_amount(t, "frees passed on", g->large_frees);
  if (snapshot_is_careful(g->reason) && !figures_are_remembered()) {
    report_line(t, "  not asked for more: a signal may have interrupted it before _exit");
    return;
  }
  report_amount(t, "bytes in live objects, with its rounding", g->large.allocated);
  report_amount(t, "bytes in huge objects, beside it", huge_live_bytes());
  report_amount(t, "bytes in pages with live objects", g->large.active);
  report_amount(t, "its metadata", g->large.metadata);
  report_amount(t, "resident, its estimate", g->large.resident);
}

void report_ledger(struct text *t, const struct snapshot *g) {
  struct ledger l;
  ledger_read(&l, g);
  text_str(t, "\nledger: all that is mapped, in bytes\n");
  for (unsigned i = 0; i < l.lines; i++)
    report_amount(t, l.line[i].name, l.line[i].bytes);
  report_amount(t, "sum of these lines", l.sum);
  report_amount(t, "mapped, by the counter at mmap and munmap", l.mapped);
  if (l.sum != l.mapped)
    report_amount(t, l.sum < l.mapped ? "DIFFERENCE: not in any line" : "DIFFERENCE: in lines only",
                  l.sum < l.mapped ? l.mapped - l.sum : l.sum - l.mapped);
  report_amount(t, "resident size of the process, by the kernel", snapshot_resident());
}
