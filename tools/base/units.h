/* The one rule for numbers that people read.
 *
 *   bytes        1023 B   1.00 KiB   10.2 KiB   1023 KiB   1.00 MiB       powers of 1024
 *   counts       999      1.00k      10.2k      999k       1.00M          powers of 1000
 *   percent      0.0%     5.2%       100.0%                               one digit behind the
 * point
 *
 * Three significant digits; a number gets the next unit when it, rounded, fills one of that.  So
 * bytes have four digits from 1000 to 1023, and a column can be read down.  Below the first unit,
 * and where exact numbers are wanted, all digits are shown.
 */
#ifndef TOOLS_UNITS_H
#define TOOLS_UNITS_H

#include <stdbool.h>
#include <stdint.h>

enum unit { UNIT_COUNT, UNIT_BYTES };
enum { UNITS_MAX = 32 }; /* bytes of a number in words, with its NUL */

/* Writes "10.2 MiB" or "10.2M"; exact: the digits alone. */
void units_name(uint64_t value, enum unit unit, bool exact, char name[UNITS_MAX]);

/* The same of bytes in a sentence: "10.2 MiB"; exact: "10695475 bytes". */
void units_bytes(uint64_t bytes, bool exact, char name[UNITS_MAX]);

/* Writes "32.1%", or "-" of nothing. */
void units_percent(uint64_t part, uint64_t whole, char name[UNITS_MAX]);

/* Reads a count: digits alone; false: it is no such word, or more than 64 bits hold. */
bool units_count_read(const char *word, uint64_t *count);

/* Reads bytes: digits, then nothing, B, or one of K, M, G, T, KiB, MiB, GiB and TiB, powers of
 * 1024; false: it is no such word, or more than 64 bits hold. */
bool units_read(const char *word, uint64_t *bytes);

/* Reads a time of less than 30 years: a number, such as 90 or 1.5, then nothing or s for seconds,
 * or ms, m, h or d; in nanoseconds.  False: it is no such word. */
bool units_time_read(const char *word, uint64_t *ns);

#endif
