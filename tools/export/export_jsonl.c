/* JSON lines: one object an account of a call site, for databases: DuckDB, ClickHouse, jq.
 *
 *   {"host":"web-3","program":"redis-server","pid":12,"time":1700000000,"memory":"heap",
 *    "arena":"main","kind":"path","path":["zmalloc","main"],"allocs":7,"live_bytes":640,...}
 *
 * Each line says all of its process that a table of many processes needs.  A path's names are
 * innermost first; the line of code is that of the innermost frame.
 */
#include "export_frames.h"
#include "export_sums.h"
#include "export_writers.h"

/* What all lines of a dump begin with. */
static struct json_object *line_new(const struct export *e, const char *memory) {
  const struct dump *d = e->dump;
  const struct dump_process *p = d->process;
  struct json_object *line = json_object_must();
  PUT_TEXT(line, d, p, host);
  PUT_TEXT(line, d, p, program);
  PUT(line, p, pid);
  json_put_number(line, "processes", dump_processes(d));
  json_put_number(line, "time", p->unix_time);
  if (e->base != NULL)
    json_put_number(line, "since", e->base->process->unix_time);
  PUT(line, p, sample_bytes);
  json_put_text(line, "memory", memory);
  return line;
}

static void path_put(const struct export *e, struct json_object *line, const struct row *r) {
  uint32_t frames[FRAMES_MAX], n = frames_of_row(e->frames, r, frames);
  const struct export_frame *items = e->frames->items, *innermost = &items[frames[n - 1]];
  struct json_object *path = json_array_must();
  while (n-- > 0)
    json_add_text(path, items[frames[n]].name);
  json_put(line, "path", path);
  json_put_text(line, "file", innermost->file);
  json_put_number(line, "line", innermost->line);
}

static void site_put(const struct export *e, struct json_object *line, uint32_t arena,
                     uint32_t site, const struct row *r) {
  const struct dump *d = e->dump;
  json_put_text(line, "arena", arena < d->n_arenas ? dump_text(d, d->arenas[arena].name) : NULL);
  json_put_text(line, "kind", site < d->n_sites ? site_kind_word(&d->sites[site]) : "unknown");
  path_put(e, line, r);
}

static void account_write(const struct export *e, uint32_t i, FILE *to) {
  const struct dump_account *a = &e->dump->accounts[i];
  struct row r = export_account(&e->session, i);
  struct json_object *line = line_new(e, "heap");
  site_put(e, line, a->arena, a->site, &r);
  sums_put_account(e, line, a);
  json_write(line, to);
}

static void mapped_write(const struct export *e, uint32_t i, FILE *to) {
  const struct dump_map_account *m = &e->dump->map_accounts[i];
  struct row r = export_mapped(&e->session, i);
  struct json_object *line = line_new(e, "mapped");
  site_put(e, line, m->arena - 1, m->site, &r); /* 0: none, which is no index */
  sums_put_mapped(e, line, m);
  json_write(line, to);
}

void export_jsonl(const struct export *e, FILE *to) {
  for (uint32_t i = 0; i < e->dump->n_accounts; i++)
    account_write(e, i, to);
  for (uint32_t i = 0; i < e->dump->n_map_accounts; i++)
    mapped_write(e, i, to);
}
