/* Makes requests; contract in push_request.h. */
#include "push_request.h"
#include "export.h"
#include "json.h"
#include "say.h"
#include "text.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static const struct export_format *pprof_format(void) {
  const struct export_format *f = export_formats;
  while (strcmp(f->name, "pprof") != 0)
    f++;
  return f;
}

/* The profile's bytes; NULL: said why there are none. */
static char *profile_make(const struct push_options *o, const struct dump *d, size_t *bytes) {
  struct text text;
  FILE *to = text_start(&text);
  struct export_options e = {.file = o->what, .format = pprof_format(), .names = o->names};
  int status = export_write(&e, d, to);
  char *profile = text_end(to, &text);
  *bytes = text.length;
  if (status == 0)
    return profile;
  free(profile);
  return NULL;
}

/* URL without slashes at its end, and `path` after it where that is missing. */
static char *url_with(const char *url, const char *path) {
  size_t n = strlen(url), m = strlen(path);
  while (n > 0 && url[n - 1] == '/')
    n--;
  bool has = n >= m && memcmp(url + n - m, path, m) == 0;
  return must_print("%.*s%s", (int)n, url, has ? "" : path);
}

/* ---- Pyroscope ---- */

/* Pyroscope's names end where the labels begin, and those where a comma or brace is. */
static void word_print(const char *word, FILE *to) {
  for (; *word != '\0'; word++)
    fputc(strchr("{},=\"", *word) != NULL ? '_' : *word, to);
}

static void label_print(const char *name, const char *value, bool first, FILE *to) {
  fprintf(to, "%s%s=", first ? "{" : ",", name);
  word_print(value, to);
}

static const char *name_of(const struct push_options *o, const struct dump *d) {
  return o->name != NULL ? o->name : dump_text(d, d->process->program);
}

static char *application(const struct push_options *o, const struct dump *d) {
  struct text text;
  FILE *to = text_start(&text);
  char pid[16];
  snprintf(pid, sizeof pid, "%u", d->process->pid);
  word_print(name_of(o, d), to);
  label_print("host", dump_text(d, d->process->host), true, to);
  label_print("pid", pid, false, to);
  for (unsigned i = 0; i < o->n_labels; i++)
    label_print(o->labels[i].name, o->labels[i].value, false, to);
  fputc('}', to);
  return text_end(to, &text);
}

static void pyroscope_make(const struct push_options *o, const struct dump *d, uint64_t from,
                           struct push_request *r) {
  char *url = url_with(o->url, "/ingest"), *name = application(o, d), *word = push_escape(name);
  r->url = must_print("%s?format=pprof&name=%s&from=%" PRIu64 "&until=%" PRIu64, url, word, from,
                      d->process->unix_time);
  r->content = "application/octet-stream";
  free(word);
  free(name);
  free(url);
}

/* ---- Parca ---- */

static char *base64(const char *bytes, size_t n) {
  static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=";
  enum { PAD = 64 };
  const unsigned char *in = (const unsigned char *)bytes;
  char *text = must_alloc((n + 2) / 3 * 4 + 1), *to = text;
  for (size_t i = 0; i < n; i += 3) {
    uint32_t b = (uint32_t)in[i] << 16 | (i + 1 < n ? (uint32_t)in[i + 1] << 8 : 0) |
                 (i + 2 < n ? in[i + 2] : 0);
    *to++ = digits[b >> 18];
    *to++ = digits[b >> 12 & 63];
    *to++ = digits[i + 1 < n ? b >> 6 & 63 : PAD];
    *to++ = digits[i + 2 < n ? b & 63 : PAD];
  }
  *to = '\0';
  return text;
}

static void label_add(struct json_object *list, const char *name, const char *value) {
  struct json_object *label = json_object_must();
  json_put_text(label, "name", name);
  json_put_text(label, "value", value);
  json_add(list, label);
}

static struct json_object *labels_object(const struct push_options *o, const struct dump *d) {
  struct json_object *set = json_object_must(), *list = json_array_must();
  char pid[16];
  snprintf(pid, sizeof pid, "%u", d->process->pid);
  label_add(list, "__name__", "memory");
  label_add(list, "job", name_of(o, d));
  label_add(list, "host", dump_text(d, d->process->host));
  label_add(list, "pid", pid);
  for (unsigned i = 0; i < o->n_labels; i++)
    label_add(list, o->labels[i].name, o->labels[i].value);
  json_put(set, "labels", list);
  return set;
}

/* The profile's addresses are those of the process: they are not normalized. */
static void parca_make(const struct push_options *o, const struct dump *d, struct push_request *r) {
  struct text text;
  FILE *to = text_start(&text);
  char *profile = base64(r->body, r->bytes);
  struct json_object *all = json_object_must(), *series = json_object_must(),
                     *sample = json_object_must(), *samples = json_array_must(),
                     *list = json_array_must();
  json_put_text(sample, "raw_profile", profile);
  json_add(samples, sample);
  json_put(series, "labels", labels_object(o, d));
  json_put(series, "samples", samples);
  json_add(list, series);
  json_put(all, "series", list);
  json_put_bool(all, "normalized", false);
  json_write(all, to);
  free(profile);
  free((char *)r->body);
  r->body = text_end(to, &text);
  r->bytes = text.length;
  r->url = url_with(o->url, "/profiles/writeraw");
  r->content = "application/json";
}

bool push_request_new(const struct push_options *o, const struct dump *d, uint64_t from,
                      struct push_request *r) {
  *r = (struct push_request){.body = NULL};
  r->body = profile_make(o, d, &r->bytes);
  if (r->body == NULL)
    return false;
  if (o->server == PUSH_PARCA)
    parca_make(o, d, r);
  else
    pyroscope_make(o, d, from, r);
  return true;
}

void push_request_free(struct push_request *r) {
  free((char *)r->url);
  free((char *)r->body);
}
