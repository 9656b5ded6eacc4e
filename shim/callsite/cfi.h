/* How a frame finds its caller, by the unwind information of its code (.eh_frame).
 *
 * libunwind gives the same answers (ARENASHIM_TAG=verify compares them), but one step of it costs
 * six system calls, the loader's lock and four microseconds, and clang has 14,000 different frames
 * within its first second.
 *
 * All functions: any thread, signal handlers too; they take no lock and allocate nothing.  The
 * module that holds the address must not be closed meanwhile.
 */
#ifndef SHIM_CFI_H
#define SHIM_CFI_H

#include "base.h"
#include "frame_rule.h"

/* The rule of the frame that a return address belongs to.  It is RULE_SP or RULE_BP only for an
 * address that a call instruction precedes and that does not begin a function: another word on a
 * stack may look like a return address and be none.  An address that a call precedes and that
 * begins a function has RULE_NEVER: it is that of a call that never returns, or a fiber's first
 * function. */
hidden struct rule cfi_rule(uintptr_t ra);

/* The rule of the code at ip by its unwind information only, whatever precedes ip. */
hidden struct rule cfi_code_rule(uintptr_t ip);

/* Can libunwind's guess be right: does the address follow a call instruction in the code of a
 * module?  Makes a system call. */
hidden bool cfi_is_plausible(uintptr_t ra);

#endif
