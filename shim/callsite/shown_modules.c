/* Copies of modules; contract in shown_modules.h. */
#include "shown_modules.h"
#include "pieces.h"
#include "record_format.h"

#include <string.h>

static_assert(sizeof((struct record_module){0}.build_id) == BUILD_ID_MAX, "format");

static void show_path(struct shown_module *to, const char *path) {
  size_t bytes = strlen(path) + 1;
  if (bytes > to->room) {
    char *fresh = piece_take(PIECE_TEXT, round_up(bytes, sizeof(uint64_t)));
    to->path = fresh;
    to->room = fresh == NULL ? 0 : bytes;
  }
  if (to->path != NULL)
    memcpy(to->path, path, bytes);
  to->item->path_at = (uintptr_t)to->path;
}

void shown_module(struct shown_module *to, const struct module *m, unsigned number) {
  if (to->item == NULL)
    to->item = piece_take(PIECE_MODULES, sizeof *to->item);
  if (to->item == NULL)
    return;
  struct record_module *item = to->item;
  __atomic_store_n(&item->used, 0, __ATOMIC_RELEASE);
  item->start = m->start;
  item->end = m->end;
  item->bias = m->bias;
  item->number = number;
  item->gone = 0;
  item->build_id_bytes = m->build_id_bytes;
  memcpy(item->build_id, m->build_id, sizeof m->build_id);
  show_path(to, m->path);
  __atomic_store_n(&item->used, 1, __ATOMIC_RELEASE);
}

void shown_module_gone(const struct shown_module *to) {
  if (to->item != NULL)
    __atomic_store_n(&to->item->gone, 1, __ATOMIC_RELEASE);
}
