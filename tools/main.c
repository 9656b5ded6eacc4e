/* The command `arenashim`: picks the subcommand; each has a file of its own.
 *
 *   base <- dump <- record <- names <- sites <- merge <- view, export, html, run, top, attach,
 *                                                        metrics
 *
 * are its directories: each includes those before it.
 */
#include "arenas.h"
#include "attach.h"
#include "check.h"
#include "diff.h"
#include "dump_now.h"
#include "export.h"
#include "html.h"
#include "leaks.h"
#include "merge_command.h"
#include "metrics.h"
#include "ps.h"
#include "push.h"
#include "report.h"
#include "resident.h"
#include "run.h"
#include "say.h"
#include "show.h"
#include "timeline.h"
#include "top.h"
#include "tree.h"
#include "waste.h"

#include <argp.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>

static const char help[] =
    "arenashim: who holds the memory of a program\n"
    "\n"
    "  arenashim run [-o FILE] [--tag MODE] [--] PROGRAM [ARG...]\n"
    "  arenashim FILE...      the screen of `run`, again\n"
    "  arenashim report FILE  [--by site|function|arena|class|module|lifetime] [KIND]\n"
    "                         [SORT, or --sort resident] [--lines] [ROWS] [NAMES]\n"
    "  arenashim tree FILE    [--min PERCENT] [KIND] [SORT] [--lines] [ROWS] [NAMES]\n"
    "  arenashim arenas FILE  [SORT] [ROWS] [NAMES]\n"
    "  arenashim leaks FILE   [--by site|function|module] [KIND] [SORT] [--lines]\n"
    "                         [ROWS] [NAMES]\n"
    "  arenashim waste FILE   [--by site|function|module] [SORT] [--lines] [ROWS]\n"
    "                         [NAMES]\n"
    "  arenashim diff OLD NEW [KIND] [SORT] [--lines] [ROWS] [NAMES]\n"
    "  arenashim check FILE   [--max-live SIZE] [--max-peak SIZE] [--max-allocs N]\n"
    "                         [--baseline OLD --max-growth PERCENT] [--sum] [--json]\n"
    "                         [ROWS] [NAMES]\n"
    "  arenashim export FILE  --format pprof|collapsed|dhat|heap|json|jsonl|speedscope\n"
    "                         [-o OUT] [--value live|allocs|peak|bytes|waste] [--delta OLD]\n"
    "                         [KIND] [NAMES]\n"
    "  arenashim html FILE    [--value live|allocs|peak|bytes|waste] [-o OUT.html]\n"
    "                         [NAMES]\n"
    "  arenashim top PID|FILE [--once] [--json] [--interval SECONDS] [--by site|arena|class]\n"
    "                         [--sort live|growth|rate|waste] [-n ROWS] [NAMES]\n"
    "  arenashim ps           [--all] [--json]\n"
    "  arenashim dump PID     [-o FILE]\n"
    "  arenashim resident FILE|PID [--json] [ROWS] [NAMES]\n"
    "  arenashim merge FILE... [-o OUT] [--by-function] [--keep-processes]\n"
    "                         [--sysroot DIR] [--debug-dir DIR]\n"
    "  arenashim timeline FILE|PID [--at TIME] [--lines] [ROWS] [NAMES]\n"
    "  arenashim metrics PID|FILE|DIR...|--all [-n ROWS] [--format openmetrics|prometheus]\n"
    "                         [-o OUT] [NAMES]\n"
    "  arenashim push URL PID|FILE|DIR... [--every TIME] [--to pyroscope|parca] [--name NAME]\n"
    "                         [--label NAME=VALUE] [--header HEADER] [--cacert FILE]\n"
    "                         [--timeout TIME] [--retries N] [NAMES]\n"
    "  arenashim attach PID   [--sample BYTES] [--tag site|stack:N] [--for TIME [-o FILE]]\n"
    "  arenashim detach PID\n"
    "  arenashim --version | --help | COMMAND --help\n"
    "\n"
    "KIND is --kind heap|mapped: what malloc served, or what the program mapped by itself\n"
    "SORT is --sort or --value live|peak|allocs|bytes|waste\n"
    "--lines counts callers by line, not by function\n"
    "ROWS are [-n ROWS] [--all] [--exact]\n"
    "NAMES are [--fold NAME] [--no-fold] [--sysroot DIR] [--debug-dir DIR]\n"
    "FILE is a dump that `arenashim run` or ARENASHIM_DUMP=FILE LD_PRELOAD=libarenashim.so made,\n"
    "or a record, of ARENASHIM_RECORD=FILE; of several, of a directory and of - (a list on "
    "standard\n"
    "input) the sums are shown, as merge makes them; diff OLD... -- NEW... compares two sets\n"
    "Exit status: 0 done, 1 a check that doesn't hold, 2 an error, explained in one line;\n"
    "run: that of the program.\n";

static const struct command {
  const char *name;
  int (*run)(int argc, char **argv);
} commands[] = {
    {"run", run_command},           {"report", report_command},     {"export", export_command},
    {"tree", tree_command},         {"arenas", arenas_command},     {"leaks", leaks_command},
    {"waste", waste_command},       {"diff", diff_command},         {"check", check_command},
    {"html", html_command},         {"top", top_command},           {"ps", ps_command},
    {"attach", attach_command},     {"detach", detach_command},     {"dump", dump_command},
    {"timeline", timeline_command}, {"resident", resident_command}, {"metrics", metrics_command},
    {"push", push_command},         {"merge", merge_command}};

/* argp calls a program by argv[0]. */
static int command_run(const struct command *c, int argc, char **argv) {
  char name[40];
  snprintf(name, sizeof name, "arenashim %s", c->name);
  argv[0] = name;
  return c->run(argc, argv);
}

static int print(const char *text) {
  fputs(text, stdout);
  return fflush(stdout) == 0 ? 0 : 2;
}

int main(int argc, char **argv) {
  setlocale(LC_CTYPE, "");
  argp_err_exit_status = 2;
  say_called(argv[0]);
  const char *word = argc > 1 ? argv[1] : "";
  if (strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0 || strcmp(word, "help") == 0)
    return print(help);
  if (strcmp(word, "--version") == 0)
    return print("arenashim " ARENASHIM_VERSION "\n");
  for (size_t i = 0; i < sizeof commands / sizeof *commands; i++)
    if (strcmp(commands[i].name, word) == 0)
      return command_run(&commands[i], argc - 1, argv + 1);
  if (show_is_file(word))
    return show_command(argc - 1, argv + 1);
  if (*word == '\0')
    say_error("which command? `arenashim --help` lists them");
  else
    say_error("no command and no file is called \"%s\": `arenashim --help` lists the commands",
              word);
  return 2;
}
