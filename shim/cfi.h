/* How a frame finds its caller, by the unwind information of its code (.eh_frame).
 *
 * Frames are learned here and not from libunwind, which gives the same answers
 * (ARENASHIM_TAG=verify compares them): one step of libunwind costs six system calls, the loader's
 * lock and four microseconds, and clang shows 14,000 frames within its first second.
 */
#ifndef SHIM_CFI_H
#define SHIM_CFI_H

#include "../arena/base.h"
#include "rule.h"

/* The rule of the code at ip (of a return address: one less).  RULE_NEVER: its caller is found by
 * an expression or through another register; a signal frame; no unwind information, or none that is
 * understood.  Lock-free, async-signal-safe, allocates nothing; the module must stay. */
hidden struct rule cfi_rule(uintptr_t ip);

#endif
