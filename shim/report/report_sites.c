/* The report by call site; contract in report_sites.h.
 *
 * Each table shows the sites that matter most to its question, ten at most, and a path where it
 * is met first.  All numbers of all sites are in the dump, under the same numbers.
 */
#include "report_sites.h"
#include "at_peak.h"
#include "capture.h"
#include "deepbind.h"
#include "fork_gate.h"
#include "large_counts.h"
#include "report_attached.h"
#include "report_path.h"
#include "report_text.h"
#include "site_stats.h"
#include "tag_mode.h"

enum { TOP = 10, SHOWN_MAX = 4 * TOP };

/* One report at a time has this. */
static struct {
  struct site_stats sum; /* over all sites */
  struct at_peak at_peak;
  uint64_t sites;
  struct top {
    uint32_t site;
    uint64_t rank;
  } top[TOP];
  unsigned tops;
  uint32_t shown[SHOWN_MAX]; /* sites whose path was written */
  unsigned paths;
} space;

static bool sampled(void) { return tagged_mode == TAGGED_SAMPLES; }

/* ---- which sites ---- */

static uint64_t jemalloc_rounding(const struct site_stats *s) {
  return count_less(s->all_rounding, s->rounding);
}

static uint64_t by_live(const struct site_stats *s) { return s->sums.live_bytes; }
static uint64_t by_allocs(const struct site_stats *s) { return s->sums.allocs; }
static uint64_t at_peak(const struct site_stats *s) {
  return space.at_peak.is_now ? s->sums.live_bytes : s->sums.at_peak_bytes;
}

static bool is_shown(uint32_t site) {
  for (unsigned i = 0; i < space.paths; i++)
    if (space.shown[i] == site)
      return true;
  return false;
}

/* Keeps the list sorted; of equals the one that came first stays first. */
static void enter(uint32_t site, uint64_t rank) {
  unsigned at = space.tops;
  if (at == TOP && space.top[TOP - 1].rank >= rank)
    return;
  if (at == TOP)
    at--;
  else
    space.tops++;
  for (; at > 0 && space.top[at - 1].rank < rank; at--)
    space.top[at] = space.top[at - 1];
  space.top[at] = (struct top){site, rank};
}

/* The sites with the most of something; `fresh`: only those that were not shown yet. */
static void find_top(uint64_t (*rank)(const struct site_stats *), bool fresh) {
  struct site_stats stats;
  space.tops = 0;
  for (uint32_t site = 1; site < sites_count(); site++)
    if (sites_sum(site, &stats) && rank(&stats) > 0 && !(fresh && is_shown(site)))
      enter(site, rank(&stats));
}

static void sum_up(void) {
  struct site_stats stats;
  space.sum = (struct site_stats){0};
  space.sites = 0;
  for (uint32_t site = 1; site < sites_count(); site++)
    if (sites_sum(site, &stats)) {
      space.sites++;
      site_stats_add(&space.sum, &stats);
    }
}

/* ---- words ---- */

/* In at most 5 characters: 1234, 5678K, 9M. */
static void short_size(struct text *t, uint64_t n) {
  unsigned unit = 0;
  for (; n > 9999 && unit < 4; unit++)
    n /= 1024;
  text_u64(t, n);
  if (unit > 0)
    text_char(t, " KMGT"[unit]);
}

static void sizes(struct text *t, const struct site_stats *l) {
  char bytes[32];
  struct text s = {.bytes = bytes, .capacity = sizeof bytes - 1};
  if (l->sums.smallest <= l->sums.largest) {
    short_size(&s, l->sums.smallest);
    if (l->sums.smallest != l->sums.largest)
      text_str(&s, "..");
    if (l->sums.smallest != l->sums.largest)
      short_size(&s, l->sums.largest);
  }
  bytes[s.length] = '\0';
  text_str_right(t, bytes, 13);
}

/* A site's path, once. */
static void path(struct text *t, uint32_t site) {
  if (is_shown(site)) {
    report_line(t, "  (path above)");
    return;
  }
  text_char(t, '\n');
  report_path(t, site);
  if (space.paths < SHOWN_MAX)
    space.shown[space.paths++] = site;
}

/* ---- tables ---- */

typedef void row(struct text *t, uint32_t site, const struct site_stats *l);

static bool rows(struct text *t, int fd, row *write) {
  bool ok = true;
  for (unsigned i = 0; i < space.tops; i++) {
    struct site_stats l;
    ok &= report_flush(t, fd); /* a path needs more than a line's room */
    if (!sites_sum(space.top[i].site, &l))
      continue;
    text_u64_right(t, space.top[i].site, 7);
    write(t, space.top[i].site, &l);
  }
  return ok;
}

static void site_row(struct text *t, uint32_t site, const struct site_stats *l) {
  text_u64_right(t, l->sums.live_bytes, 12);
  text_u64_right(t, l->sums.live_objects, 10);
  report_peak(t, l->sums.peak_bytes, l->arenas > 1, 12);
  text_u64_right(t, l->sums.allocs, 11);
  if (sampled()) {
    text_str(t, "    -");
  } else {
    text_u64_right(t, l->sums.temporary * 100 / l->sums.allocs, 4);
    text_char(t, '%');
  }
  text_u64_right(t, site_waste(l), 10);
  sizes(t, l);
  path(t, site);
}

static void peak_row(struct text *t, uint32_t site, const struct site_stats *stats) {
  struct site_stats adjusted = *stats, *l = &adjusted;
  at_peak_adjust(&space.at_peak, NULL, site, &l->sums);
  text_u64_right(t, l->sums.at_peak_bytes, 20);
  text_u64_right(t, l->sums.at_peak_objects, 20);
  path(t, site);
}

static void waste_row(struct text *t, uint32_t site, const struct site_stats *l) {
  text_u64_right(t, site_waste(l), 15);
  text_u64_right(t, l->rounding, 15);
  text_u64_right(t, l->sums.pinned_bytes, 15);
  text_u64_right(t, jemalloc_rounding(l), 14);
  path(t, site);
}

/* Requests that have a site and went to jemalloc.  An account does not know which of the objects
 * alive at a fork those are: there it is what the others leave. */
static uint64_t tagged_large(const struct snapshot *g) {
  uint64_t small = g->resized;
  for (unsigned c = 1; c < CLASS_SLOTS; c++)
    small += g->sums.allocs[c];
  return gate_is_child() ? count_less(space.sum.sums.allocs, small) : space.sum.sums.large_allocs;
}

static void together(struct text *t, const struct snapshot *g) {
  uint64_t small = 0;
  for (unsigned c = 1; c < CLASS_SLOTS; c++)
    small += g->sums.allocs[c];
  report_line(t, sampled() ? "\ncall sites: all together (estimates, from samples)"
                           : "\ncall sites: all together");
  report_amount(t, "call sites", space.sites);
  report_amount(t, "allocations", space.sum.sums.allocs);
  if (sampled() || tagged_since_attach()) {
    report_amount(t, "live objects", space.sum.sums.live_objects);
    report_amount(t, "live bytes, as requested", space.sum.sums.live_bytes);
    return;
  }
  report_amount(t, "  in cells, as the size classes count them", small);
  report_amount(t, "  by realloc, in the cell they had", g->resized);
  report_amount(t, "  passed on to jemalloc", tagged_large(g));
  report_amount(t, "live objects", space.sum.sums.live_objects);
  report_amount(t, "live bytes, as requested", space.sum.sums.live_bytes);
}

static bool call_sites(struct text *t, int fd) {
  static const char columns[] =
      "   site  live bytes   objects  peak bytes     allocs temp     waste "
      "       sizes";
  find_top(by_live, false);
  report_line(t, "\ncall sites: those that hold most");
  report_line(t, columns);
  bool ok = rows(t, fd, site_row);
  find_top(by_allocs, true);
  if (space.tops == 0)
    return ok;
  report_line(t, "\ncall sites: of the others, those with most allocations");
  report_line(t, columns);
  return rows(t, fd, site_row) && ok;
}

static bool waste(struct text *t, int fd) {
  report_line(t, "\nwaste by call site: what live objects cost beyond their bytes");
  report_amount(t, "rounding to cells", space.sum.rounding);
  report_amount(t, "free cells in slabs that live objects pin", space.sum.sums.pinned_bytes);
  report_amount(t, "free cells that nobody pins", sites_unpinned());
  report_amount(t, "rounding by jemalloc", jemalloc_rounding(&space.sum));
  find_top(site_waste, false);
  if (space.tops > 0)
    report_line(t, "   site          waste       rounding         pinned  by jemalloc");
  return rows(t, fd, waste_row);
}

static bool process_peak(struct text *t, int fd) {
  report_line(t, sampled()
                     ? "\nprocess peak: the most bytes alive at a time (estimates, from samples)"
                     : "\nprocess peak: the most bytes alive at a time, within 0.1 %");
  report_amount(t, "bytes, as requested", space.at_peak.peak_bytes);
  find_top(at_peak, false);
  if (space.tops > 0)
    report_line(t, "   site    bytes held then        objects then");
  return rows(t, fd, peak_row);
}

bool report_sites(struct text *t, const struct snapshot *g, int fd) {
  space.paths = 0;
  space.sum = (struct site_stats){0};
  if (sites_begin(snapshot_patience_ms(g->reason)) != 0) {
    report_line(t, "\ncall sites: left out, no memory or another report uses it");
    return report_flush(t, fd);
  }
  bool ok = true;
  if (sites_add_up()) {
    sum_up();
    at_peak_find(&space.at_peak, space.sum.sums.live_bytes);
    together(t, g);
    report_before(t, g);
    ok = call_sites(t, fd);
    if (!sampled()) /* waste is found by looking at every tag */
      ok &= waste(t, fd);
    ok &= process_peak(t, fd);
  } else {
    report_line(t, "\ncall sites: left out, no memory");
  }
  sites_end();
  return report_flush(t, fd) && ok;
}

/* ---- health ---- */

static void finding(struct text *t, bool *any, const char *words, uint64_t n) {
  if (n == 0)
    return;
  if (!*any)
    report_line(t, "\nhealth of the call paths");
  *any = true;
  text_str(t, "  ");
  text_str_left(t, words, 60);
  text_u64_right(t, n, 18);
  text_char(t, '\n');
}

void report_health(struct text *t, const struct snapshot *g) {
  struct capture_counts c;
  bool any = false;
  capture_sum(&c);
  finding(t, &any, "paths that libunwind finished: correct, only slower", c.unwound);
  finding(t, &any, "paths cut short: a frame's caller could not be found", c.cut);
  finding(t, &any, "  of these: at code without unwind information", c.lost);
  finding(t, &any, "requests before our start: their path is the caller alone", c.early);
  finding(t, &any, "requests that libunwind made itself: in a site of their own", c.nested);
  finding(t, &any, "requests whose path found the tables full: in one site", c.full);
  if (!sampled())
    finding(t, &any, "large requests in no call site, in all",
            count_less(g->large_allocs, tagged_large(g)));
  finding(t, &any, "  of these: no memory for the tag", c.untagged);
  finding(t, &any, "  of these: by threads without an arena",
          gate_is_child() ? 0 : count_get(&heapless_large_allocs));
  finding(t, &any, "libraries opened without RTLD_DEEPBIND, which would have hidden us from them",
          deepbind_count());
  finding(t, &any, "paths compared with libunwind's own answer", c.verified);
  finding(t, &any, "of these differing: their sites may be wrong", c.different);
}
