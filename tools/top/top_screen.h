/* The terminal of `top`, by ncurses: nothing else of the command knows that.
 *
 *   demo  pid 77  tags stack:8  running for 2 min 3 s            head (top_head.h)
 *   live 3.03 KiB  objects 9  mapped 3.24 KiB ...
 *   allocs/s 120  growth/min +1.20 KiB (over 60 s)
 *        LIVE growth/min   allocs/s  call path, innermost first  titles; the sorted one in capitals
 *    2.05 KiB  +1.20 KiB       0.2   grow (demo.c:7) < main      rows
 *   q quit  h help  ...                                          keys, the filter, or a message
 *
 * A small window has fewer columns, then fewer lines of the head.  Texts of others are shown as
 * utf8.h has them; a terminal without UTF-8 gets '?' for what it can't show.
 */
#ifndef TOOLS_TOP_SCREEN_H
#define TOOLS_TOP_SCREEN_H

#include "top_view.h"
#include "top_watch.h"

/* Takes the terminal of standard input and output over.  False: it can't be; said why. */
bool top_screen_open(void);

/* Gives it back as it was. */
void top_screen_close(void);

/* Draws everything; clips what v has scrolled to.  message: for the last line, NULL: the keys.
 * Returns how many lines rows or panel have. */
uint32_t top_screen_draw(const struct top_watch *w, struct top_view *v, const char *message);

/* Waits for a key so many milliseconds; TOP_KEY_NONE: none came. */
uint32_t top_screen_key(int wait_ms);

#endif
