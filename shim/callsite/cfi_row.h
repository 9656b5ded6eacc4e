/* Runs the programs of unwind information up to an address: the row there says where the registers
 * of a frame's caller are. */
#ifndef SHIM_CFI_ROW_H
#define SHIM_CFI_ROW_H

#include "cfi_bytes.h"

/* DWARF's numbers of the registers that rules are about. */
enum cfi_register { CFI_RBP = 6, CFI_RSP = 7, CFI_RETURN = 16 };

/* Where the caller's value of a register is. */
struct cfi_column {
  enum {
    CFI_KEPT,      /* in the register, still */
    CFI_AT,        /* in memory, at CFA + at */
    CFI_UNDEFINED, /* there is none */
    CFI_ELSEWHERE  /* found in another way, for which we have no rule */
  } where;
  int64_t at; /* bytes */
};

struct cfi_row {
  uint64_t cfa_register; /* CFA = this register + cfa_offset; CFI_NO_REGISTER: an expression */
  int64_t cfa_offset;
  struct cfi_column rbp, ra;
};
#define CFI_NO_REGISTER UINT64_MAX

/* What a CIE says of all its FDEs. */
struct cfi_common {
  struct bytes program; /* of the CIE: what holds at the function's first byte */
  uint64_t code_align;
  int64_t data_align;
  size_t pointer; /* bytes of a pointer in FDEs */
};

/* Fills *row with the row that holds `offset` bytes into the function whose FDE has that program.
 * False: something was not understood.  Any thread, any time; allocates nothing. */
hidden bool cfi_row_at(const struct cfi_common *common, struct bytes program, uint64_t offset,
                       struct cfi_row *row);

#endif
