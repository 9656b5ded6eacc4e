/* The flow of `arenashim top`; contract in top.h. */
#include "top.h"
#include "top_options.h"

int top_command(int argc, char **argv) {
  static int (*const forms[])(const struct top_options *, struct top_watch *) = {
      [FORM_SCREEN] = top_screen_run, [FORM_ONCE] = top_once_run, [FORM_JSON] = top_json_run};
  struct top_options o;
  struct top_watch w;
  top_options_read(&o, argc, argv);
  int status = 2;
  if (top_watch_open(&w, o.what, &o.names, o.form == FORM_ONCE)) {
    status = forms[o.form](&o, &w);
    top_watch_close(&w);
  }
  fold_free(o.names.fold);
  return status;
}
