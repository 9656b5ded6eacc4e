/* How long a call site's freed objects lived, in words.
 *
 * A life is counted in allocations of the object's arena, in classes each four times as long as the
 * one before: 0..3, 4..15, 16..63 and so on.  Numbers are estimates (dump_format.h).
 */
#ifndef TOOLS_LIVES_H
#define TOOLS_LIVES_H

#include "dump.h"
#include "units.h"

/* Adds the numbers of some objects to a sum, which stays below 2^32. */
void lives_add(uint32_t sum[DUMP_LIVES], const uint32_t lives[DUMP_LIVES]);

/* How many lives are counted; 0: how long its objects lived is not known. */
uint64_t lives_count(const uint32_t lives[DUMP_LIVES]);

/* The length that so many percent of them did not reach: "<64", "<1.00k"; "-": not known. */
void lives_below(const uint32_t lives[DUMP_LIVES], unsigned percent, char name[UNITS_MAX]);

/* Do short and long lives mix: did a tenth live 256 times as long as another tenth, or longer?
 * What lives long then keeps the memory beside it that the others have left. */
bool lives_mix(const uint32_t lives[DUMP_LIVES]);

/* A character for each class: 1 to 8, as high as its share of the fullest one; "." for one that is
 * empty. */
void lives_bar(const uint32_t lives[DUMP_LIVES], char bar[DUMP_LIVES + 1]);

#endif
