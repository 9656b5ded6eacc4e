/* The words of a command line, read by argp, but with one line about a wrong option.
 *
 *   arenashim tree: --vlaue: no such option: legal are --value, --min, ..., --help
 */
#ifndef TOOLS_WORDS_H
#define TOOLS_WORDS_H

#include <argp.h>

/* argp_parse with ARGP_IN_ORDER or 0; an option that the parser and its children don't have, that
 * could be several, or that lacks its argument or has one too many, ends the command with status 2.
 */
void words_parse(const struct argp *parser, int argc, char **argv, unsigned flags, void *input);

/* For parsers: says what is wrong with a word, in one line, and ends the command with status 2.
 * What it quotes is shown as utf8.h has it. */
void words_fail(struct argp_state *state, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif
