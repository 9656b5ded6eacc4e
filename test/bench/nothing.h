/* A malloc and a free that do nothing, in a library of their own: what calls to a library cost. */
#ifndef BENCH_NOTHING_H
#define BENCH_NOTHING_H

#include <stddef.h>

void *take_nothing(size_t n);
void give_nothing(void *p);

#endif
