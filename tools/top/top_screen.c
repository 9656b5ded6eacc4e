/* Opens, closes and reads the terminal; contract in top_screen.h.
 *
 * Signals that end the command set a flag alone, so that the terminal is given back in any case.
 */
#include "top_screen.h"
#include "heat.h"
#include "say.h"
#include "top_draw.h"

#include <errno.h>
#include <ncurses.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

static SCREEN *screen;
static volatile sig_atomic_t is_to_end;

static void on_end(int number) {
  (void)number;
  is_to_end = 1;
}

static void signals_catch(void) {
  static const int ending[] = {SIGHUP, SIGINT, SIGTERM, SIGPIPE};
  struct sigaction action = {.sa_handler = on_end};
  for (size_t i = 0; i < sizeof ending / sizeof *ending; i++)
    sigaction(ending[i], &action, NULL);
}

/* Also where memory that is short ends the command. */
static void give_back(void) {
  if (!isendwin())
    endwin();
}

static void colours_start(void) {
  if (!heat_wanted(1) || start_color() != OK)
    return;
  use_default_colors();
  init_pair(TOP_PAIR_WARM, COLOR_YELLOW, -1);
  init_pair(TOP_PAIR_HOT, COLOR_RED, -1);
}

bool top_screen_open(void) {
  const char *term = getenv("TERM");
  if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO)) {
    say_error("top: input and output are no terminal: use --once or --json");
    return false;
  }
  screen = newterm(NULL, stdout, stdin);
  if (screen == NULL) {
    say_error("top: TERM=%s: no terminal of that name is known here: set TERM, or use --once",
              term != NULL ? term : "");
    return false;
  }
  signals_catch();
  atexit(give_back);
  cbreak();
  noecho();
  nonl();
  curs_set(0);
  keypad(stdscr, TRUE);
  set_escdelay(50);
  nodelay(stdscr, TRUE);
  colours_start();
  return true;
}

void top_screen_close(void) {
  give_back();
  delscreen(screen);
}

uint32_t top_screen_draw(const struct top_watch *w, struct top_view *v, const char *message) {
  erase();
  uint32_t lines = top_draw(w, v, message);
  refresh();
  return lines;
}

static uint32_t key_of(wint_t code) {
  static const struct {
    wint_t code;
    enum top_key key;
  } keys[] = {{KEY_RESIZE, TOP_KEY_RESIZE},
              {KEY_UP, TOP_KEY_UP},
              {KEY_DOWN, TOP_KEY_DOWN},
              {KEY_PPAGE, TOP_KEY_PAGE_UP},
              {KEY_NPAGE, TOP_KEY_PAGE_DOWN},
              {KEY_HOME, TOP_KEY_HOME},
              {KEY_END, TOP_KEY_END},
              {KEY_ENTER, TOP_KEY_ENTER},
              {KEY_BACKSPACE, TOP_KEY_BACKSPACE},
              {KEY_DC, TOP_KEY_BACKSPACE}};
  for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
    if (keys[i].code == code)
      return keys[i].key;
  return TOP_KEY_NONE;
}

static uint32_t character_of(wint_t c) {
  switch (c) {
  case '\r':
  case '\n':
    return TOP_KEY_ENTER;
  case 27:
    return TOP_KEY_ESCAPE;
  case '\b':
  case 0x7F:
    return TOP_KEY_BACKSPACE;
  default:
    return c < TOP_KEY_NONE ? c : TOP_KEY_NONE;
  }
}

/* A terminal that is gone says so at once, and for ever. */
static bool terminal_wait(int wait_ms) {
  struct pollfd in = {.fd = STDIN_FILENO, .events = POLLIN};
  int n = poll(&in, 1, wait_ms);
  return n < 0 ? errno == EINTR : n == 0 || (in.revents & (POLLHUP | POLLERR | POLLNVAL)) == 0;
}

uint32_t top_screen_key(int wait_ms) {
  wint_t code;
  int kind = get_wch(&code);
  if (kind == ERR && !is_to_end) {
    if (!terminal_wait(wait_ms))
      return TOP_KEY_GONE;
    kind = get_wch(&code);
  }
  if (is_to_end)
    return TOP_KEY_GONE;
  return kind == ERR ? TOP_KEY_NONE : kind == KEY_CODE_YES ? key_of(code) : character_of(code);
}
