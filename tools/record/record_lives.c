/* How long objects lived; contract in record_parts.h. */
#include "record_parts.h"
#include "say.h"

#include <stdlib.h>
#include <string.h>

/* Accounts by arena and call site: a hash table of their indices plus 1, at most half full. */
struct found {
  struct image *image;
  uint32_t *slots;
  size_t mask;
};

static struct dump_account *account_in(const struct found *f, uint32_t slot) {
  return image_item(f->image, DUMP_ACCOUNTS, slot - 1);
}

/* The slot of such an account, or the free one where it belongs. */
static uint32_t *slot_of(const struct found *f, uint32_t arena, uint32_t site) {
  size_t i = (((uint64_t)arena << 32 | site) * UINT64_C(0x9e3779b97f4a7c15) >> 20) & f->mask;
  for (; f->slots[i] != 0; i = (i + 1) & f->mask) {
    const struct dump_account *a = account_in(f, f->slots[i]);
    if (a->arena == arena && a->site == site)
      break;
  }
  return &f->slots[i];
}

static struct found find_accounts(struct image *m) {
  size_t n = image_items(m, DUMP_ACCOUNTS), slots = 16;
  while (slots < 2 * n)
    slots *= 2;
  struct found f = {m, must_zalloc(slots, sizeof *f.slots), slots - 1};
  for (uint32_t i = 1; i <= n; i++) {
    const struct dump_account *a = account_in(&f, i);
    *slot_of(&f, a->arena, a->site) = i;
  }
  return f;
}

static void add(const struct found *f, const struct record_lives *from) {
  uint32_t slot = *slot_of(f, from->arena, from->site);
  for (unsigned c = 0; slot != 0 && c < DUMP_LIVES; c++) {
    uint32_t *to = &account_in(f, slot)->lives[c];
    uint64_t room = UINT32_MAX - *to;
    *to += (uint32_t)(from->lives[c] < room ? from->lives[c] : room);
  }
}

void record_lives(struct record_work *w) {
  struct found f = find_accounts(w->image);
  for (unsigned i = 0; i < w->m->pieces; i++) {
    const struct memory_piece *p = &w->m->piece[i];
    struct record_lives lives;
    for (size_t at = 0; p->kind == RECORD_LIVES && at + sizeof lives <= p->bytes;
         at += sizeof lives) {
      memcpy(&lives, p->at + at, sizeof lives);
      if (lives.restart != 0 && lives.restart == w->m->head.peak_restart)
        add(&f, &lives);
    }
  }
  free(f.slots);
}
