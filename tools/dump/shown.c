/* Shows all texts at once; contract in shown.h.
 *
 *   strings     \0 a ESC b \0          offset 2 is ESC
 *   shown       \0 a \ x 1 b b \0      shown_from[2] is 2, shown_from[3] is 6
 *
 * An offset may lead into the middle of a text, whose end is a text, too; one that leads into the
 * middle of a character shows all of it.
 */
#include "shown.h"
#include "say.h"
#include "utf8.h"

#include <string.h>

/* Printable ASCII and NULs, as nearly every dump has them. */
static bool is_plain(const char *text, size_t bytes) {
  for (size_t i = 0; i < bytes; i++)
    if (text[i] != '\0' && (text[i] < ' ' || text[i] > '~'))
      return false;
  return true;
}

/* Room in `shown` for one more character, at `to`. */
static void room_make(struct dump *d, size_t to, size_t *room) {
  if (*room - to < UTF8_SHOWN_MAX)
    d->shown = must_resize(d->shown, *room = *room * 2 + UTF8_SHOWN_MAX, 1);
}

/* The spare byte after the strings is a NUL, which ends the last text. */
void shown_make(struct dump *d) {
  size_t room = d->n_strings, to = 0, step;
  if (is_plain(d->strings, d->n_strings))
    return;
  d->shown = must_alloc(room);
  d->shown_from = must_alloc(((size_t)d->n_strings + 1) * sizeof *d->shown_from);
  for (size_t i = 0; i <= d->n_strings; i += step) {
    room_make(d, to, &room);
    step = d->strings[i] == '\0' ? 1 : utf8_step(d->strings + i, d->shown + to);
    for (size_t k = 0; k < step && i + k <= d->n_strings; k++)
      d->shown_from[i + k] = to;
    if (d->strings[i] == '\0')
      d->shown[to++] = '\0';
    else
      to += strlen(d->shown + to);
  }
}
