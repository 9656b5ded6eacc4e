/* Mappings by call site; contract in report_mapped.h. */
#include "report_mapped.h"
#include "mapped_books.h"
#include "report_path.h"
#include "report_text.h"

enum { TOP = 10 };

/* One report at a time has this: the sites with most live bytes, or, of equals, most calls. */
static struct {
  struct mapped_account top[TOP]; /* `arena`: how many arenas' accounts these are the sum of */
  unsigned tops;
  struct mapped_account sum; /* of all; `arena`: how many sites */
} space;

static bool is_first_of_site(uint32_t number) {
  for (uint32_t i = 0; i < number; i++)
    if (mapped_account_site(i) == mapped_account_site(number))
      return false;
  return true;
}

static void add(struct mapped_account *to, const struct mapped_account *a) {
  to->arena++;
  to->allocs += a->allocs;
  to->ranges += a->ranges;
  to->live_bytes += a->live_bytes;
  to->peak_bytes += a->peak_bytes;
}

/* The accounts of a site in all arenas, of which `first` is the first. */
static struct mapped_account sum_of_site(uint32_t first) {
  struct mapped_account sum = {.site = mapped_account_site(first)}, a;
  for (uint32_t i = first; i < mapped_accounts(); i++) {
    if (mapped_account_site(i) != sum.site)
      continue;
    mapped_account_read(i, &a);
    if (a.allocs != 0)
      add(&sum, &a);
  }
  return sum;
}

static bool is_above(const struct mapped_account *a, const struct mapped_account *b) {
  return a->live_bytes != b->live_bytes ? a->live_bytes > b->live_bytes : a->allocs > b->allocs;
}

static void enter(const struct mapped_account *a) {
  unsigned at = space.tops;
  if (at == TOP && !is_above(a, &space.top[TOP - 1]))
    return;
  if (at == TOP)
    at--;
  else
    space.tops++;
  for (; at > 0 && is_above(a, &space.top[at - 1]); at--)
    space.top[at] = space.top[at - 1];
  space.top[at] = *a;
}

static void find_top(void) {
  space.tops = 0;
  space.sum = (struct mapped_account){0};
  for (uint32_t i = 0; i < mapped_accounts(); i++) {
    if (!is_first_of_site(i))
      continue;
    struct mapped_account a = sum_of_site(i);
    if (a.allocs == 0)
      continue;
    add(&space.sum, &a);
    enter(&a);
  }
}

static void row(struct text *t, const struct mapped_account *a) {
  text_u64_right(t, a->site, 7);
  text_u64_right(t, a->live_bytes, 15);
  text_u64_right(t, a->ranges, 10);
  report_peak(t, a->peak_bytes, a->arena > 1, 17);
  text_u64_right(t, a->allocs, 11);
  text_char(t, '\n');
  report_path(t, a->site);
}

bool report_mapped(struct text *t, int fd) {
  struct mapped_totals totals;
  mapped_sum(&totals);
  find_top();
  if (space.tops == 0)
    return true;
  report_line(t, "\nmapped by the program itself: mmap, mremap, brk, shmat; address space, exact");
  report_amount(t, "call sites", space.sum.arena);
  report_amount(t, "calls that mapped", space.sum.allocs);
  report_amount(t, "ranges mapped now", space.sum.ranges);
  report_amount(t, "bytes mapped now", totals.live_bytes);
  report_amount(t, "bytes mapped at the peak", totals.peak_bytes);
  if (totals.missed > 0)
    report_amount(t, "calls that could not be booked", totals.missed);
  report_line(t, "   site   mapped bytes    ranges       peak bytes      calls");
  bool ok = true;
  for (unsigned i = 0; i < space.tops; i++) {
    ok &= report_flush(t, fd); /* a path needs more than a line's room */
    row(t, &space.top[i]);
  }
  return report_flush(t, fd) && ok;
}
