/* Call paths in words; contract in report_path.h.
 *
 *   program+0x1234 < libfoo.so.1+0x5678 foo_open < (closed) plugin.so+0x99 < 0x7f0012345678
 *
 * The offset is that of the return address in the file: the call itself ends one byte below it.
 */
#include "report_path.h"
#include "call_path.h"
#include "capture_modules.h"
#include "exported_names.h"
#include "report_text.h"

#include <string.h>

enum { FRAMES_SHOWN = 8, FRAME_ROOM = 256, MODULE_NAME_MAX = 24, LABEL_SHOWN_MAX = 48, INDENT = 8 };

static const struct module *module_of(uintptr_t address) {
  int i = modules_find(address);
  return i < 0 ? NULL : modules_at((unsigned)i);
}

static const char *last_part(const char *path) {
  const char *slash = strrchr(path, '/');
  return slash != NULL ? slash + 1 : path;
}

static void place(struct text *t, const struct module *m, uintptr_t address) {
  if (m == NULL) {
    text_hex(t, address);
    return;
  }
  text_foreign(t, last_part(m->path), MODULE_NAME_MAX);
  text_char(t, '+');
  text_hex(t, address - m->bias);
}

void report_address(struct text *t, uintptr_t address) {
  const struct module *m = module_of(address - 1);
  const char *name = m != NULL ? exported_name(m, address - 1) : NULL;
  place(t, m, address);
  if (name != NULL) {
    text_char(t, ' ');
    text_str(t, name);
  }
}

static const struct module *gone_module(uintptr_t dead) {
  unsigned i = node_dead_module(dead);
  return i < DEAD_LAST && i < modules_count() ? modules_at(i) : NULL;
}

static void frame(struct text *t, const struct node *n) {
  uintptr_t address = __atomic_load_n(&n->address, __ATOMIC_RELAXED);
  if (n->kind == NODE_LABEL) {
    text_char(t, '[');
    text_foreign(t, (const char *)address, LABEL_SHOWN_MAX);
    text_char(t, ']');
  } else if (address & NODE_DEAD) {
    text_str(t, "(closed) ");
    place(t, gone_module(address), capture_address(n));
  } else {
    report_address(t, address);
  }
}

static const char *pathless(uint32_t site) {
  switch (site) {
  case SITE_START:
    return "before the options were known";
  case SITE_UNWINDER:
    return "asked for by the unwinder itself";
  case SITE_TABLE_FULL:
    return "the tables had no room for the path";
  default:
    return "unknown";
  }
}

/* Words of a path: on the same line while they fit. */
struct wrapped {
  struct text *t;
  size_t column;
};

static void word(struct wrapped *w, const struct text *s) {
  bool first = w->column == 0;
  if (!first && w->column + 3 + s->length > LINE_COLUMNS) {
    text_char(w->t, '\n');
    w->column = 0;
  }
  if (w->column == 0) {
    text_str_left(w->t, first ? "" : "      <", INDENT);
    w->column = INDENT;
  } else {
    text_str(w->t, " < ");
    w->column += 3;
  }
  for (size_t i = 0; i < s->length; i++)
    text_char(w->t, s->bytes[i]);
  w->column += s->length;
}

void report_path(struct text *t, uint32_t site) {
  const struct node *shown[FRAMES_SHOWN], *n = path_site_node(site);
  struct wrapped w = {.t = t};
  unsigned length = n == NULL ? 0 : call_path_nodes(n, shown, FRAMES_SHOWN);
  if (length == 0) {
    text_str_left(t, "", INDENT);
    text_str(t, pathless(site));
  }
  for (unsigned i = 0; i <= FRAMES_SHOWN && i < length; i++) {
    char bytes[FRAME_ROOM];
    struct text s = TEXT_ON(bytes);
    if (i < FRAMES_SHOWN) {
      frame(&s, shown[i]);
    } else {
      text_u64(&s, length - FRAMES_SHOWN);
      text_str(&s, " more");
    }
    word(&w, &s);
  }
  text_char(t, '\n');
}
