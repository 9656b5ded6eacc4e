/* How a frame finds its caller, by the unwind information of its code (.eh_frame).
 *
 * Frames are learned here and not from libunwind, which gives the same answers
 * (ARENASHIM_TAG=verify compares them): one step of libunwind costs six system calls, the loader's
 * lock and four microseconds, and clang shows 14,000 frames within its first second.
 */
#ifndef SHIM_CFI_H
#define SHIM_CFI_H

#include "base.h"
#include "frame_rule.h"

/* The rule of the frame that a return address belongs to.  SP and BP only for an address that a
 * call instruction precedes and that does not begin a function: what lies on a stack and looks like
 * a return address is none otherwise.  (An address that does both is a call's that never returns,
 * or a fiber's first function: RULE_NEVER.)  Lock-free, async-signal-safe, allocates nothing; the
 * module must stay. */
hidden struct rule cfi_rule(uintptr_t ra);

/* The rule of the code at ip by its unwind information alone. */
hidden struct rule cfi_code_rule(uintptr_t ip);

/* Can libunwind's guess be right: does the address follow a call instruction in the code of a
 * module? A system call; as cfi_rule otherwise. */
hidden bool cfi_is_plausible(uintptr_t ra);

#endif
