/* The machine of DWARF's call frame information (DWARF 5, section 6.4.2; the forms of GNU):
 *
 *   CIE's program -> row at the first byte -> FDE's program, until it advances past the address
 *
 * A row says for each register how to find the caller's value; we keep that of the CFA, of rbp and
 * of the return address, and skip the others.
 */
#include "cfi_row.h"

enum { REMEMBERED_MAX = 4 }; /* compilers do not nest remembered states */

struct machine {
  struct bytes program;
  const struct cfi_common *common;
  uint64_t at;            /* bytes from the function's start: where `row` begins to hold */
  uint64_t offset;        /* bytes from the function's start: where the row is wanted */
  struct cfi_row row;     /* so far */
  struct cfi_row initial; /* after the CIE's program, for RESTORE */
  struct cfi_row remembered[REMEMBERED_MAX];
  unsigned remembered_count;
  bool strange; /* something was not understood */
};

/* The upper two bits of the instructions whose lower six bits are the first operand. */
enum { ADVANCE = 0x40, OFFSET = 0x80, RESTORE = 0xc0, HIGH = 0xc0 };

enum instruction {
  NOP = 0x00,
  ADVANCE_1 = 0x02,
  ADVANCE_2 = 0x03,
  ADVANCE_4 = 0x04,
  OFFSET_EXTENDED = 0x05,
  RESTORE_EXTENDED = 0x06,
  UNDEFINED = 0x07,
  SAME_VALUE = 0x08,
  REGISTER = 0x09,
  REMEMBER_STATE = 0x0a,
  RESTORE_STATE = 0x0b,
  DEF_CFA = 0x0c,
  DEF_CFA_REGISTER = 0x0d,
  DEF_CFA_OFFSET = 0x0e,
  DEF_CFA_EXPRESSION = 0x0f,
  EXPRESSION = 0x10,
  OFFSET_EXTENDED_SF = 0x11,
  DEF_CFA_SF = 0x12,
  DEF_CFA_OFFSET_SF = 0x13,
  VAL_OFFSET = 0x14,
  VAL_OFFSET_SF = 0x15,
  VAL_EXPRESSION = 0x16,
  GNU_ARGS_SIZE = 0x2e,
  GNU_NEGATIVE_OFFSET = 0x2f
};

static uint64_t operand(struct machine *m) { return read_uleb(&m->program); }
static int64_t signed_operand(struct machine *m) {
  return read_sleb(&m->program) * m->common->data_align;
}
static int64_t factored_operand(struct machine *m) {
  return (int64_t)operand(m) * m->common->data_align;
}
static void skip_block(struct machine *m) { skip(&m->program, operand(m)); }

static void advance(struct machine *m, uint64_t delta) { m->at += delta * m->common->code_align; }

/* The column of a register; NULL for those that we skip. */
static struct cfi_column *column(struct cfi_row *row, uint64_t number) {
  return number == CFI_RBP ? &row->rbp : number == CFI_RETURN ? &row->ra : NULL;
}

static void set(struct machine *m, uint64_t number, struct cfi_column value) {
  struct cfi_column *c = column(&m->row, number);
  if (c != NULL)
    *c = value;
}

static void set_at(struct machine *m, uint64_t number, int64_t at) {
  set(m, number, (struct cfi_column){CFI_AT, at});
}

static void restore(struct machine *m, uint64_t number) {
  const struct cfi_column *c = column(&m->initial, number);
  if (c != NULL)
    set(m, number, *c);
}

static void remember_state(struct machine *m) {
  if (m->remembered_count < REMEMBERED_MAX)
    m->remembered[m->remembered_count++] = m->row;
  else
    m->strange = true;
}

static void restore_state(struct machine *m) {
  if (m->remembered_count > 0)
    m->row = m->remembered[--m->remembered_count];
  else
    m->strange = true;
}

static void set_elsewhere(struct machine *m) {
  set(m, operand(m), (struct cfi_column){CFI_ELSEWHERE, 0});
}

/* Executes an instruction that says where the CFA is.  False: it is not one of these. */
static bool define_cfa(struct machine *m, unsigned instruction) {
  switch (instruction) {
  case DEF_CFA:
    m->row.cfa_register = operand(m);
    m->row.cfa_offset = (int64_t)operand(m);
    return true;
  case DEF_CFA_SF:
    m->row.cfa_register = operand(m);
    m->row.cfa_offset = signed_operand(m);
    return true;
  case DEF_CFA_REGISTER:
    m->row.cfa_register = operand(m);
    return true;
  case DEF_CFA_OFFSET:
    m->row.cfa_offset = (int64_t)operand(m);
    return true;
  case DEF_CFA_OFFSET_SF:
    m->row.cfa_offset = signed_operand(m);
    return true;
  case DEF_CFA_EXPRESSION:
    m->row.cfa_register = CFI_NO_REGISTER;
    skip_block(m);
    return true;
  default:
    return false;
  }
}

/* Executes an instruction that says where a register is.  False: it is not one of these. */
static bool define_register(struct machine *m, unsigned instruction) {
  uint64_t number;
  switch (instruction) {
  case OFFSET_EXTENDED:
    number = operand(m);
    set_at(m, number, factored_operand(m));
    return true;
  case OFFSET_EXTENDED_SF:
    number = operand(m);
    set_at(m, number, signed_operand(m));
    return true;
  case GNU_NEGATIVE_OFFSET:
    number = operand(m);
    set_at(m, number, -factored_operand(m));
    return true;
  case RESTORE_EXTENDED:
    restore(m, operand(m));
    return true;
  case UNDEFINED:
    set(m, operand(m), (struct cfi_column){CFI_UNDEFINED, 0});
    return true;
  case SAME_VALUE:
    set(m, operand(m), (struct cfi_column){CFI_KEPT, 0});
    return true;
  case REGISTER:
  case VAL_OFFSET:
  case VAL_OFFSET_SF:
    set_elsewhere(m);
    operand(m);
    return true;
  case EXPRESSION:
  case VAL_EXPRESSION:
    set_elsewhere(m);
    skip_block(m);
    return true;
  default:
    return false;
  }
}

static void execute_other(struct machine *m, unsigned instruction) {
  switch (instruction) {
  case NOP:
    break;
  case ADVANCE_1:
  case ADVANCE_2:
  case ADVANCE_4:
    advance(m, read_number(&m->program, (size_t)1 << (instruction - ADVANCE_1)));
    break;
  case REMEMBER_STATE:
    remember_state(m);
    break;
  case RESTORE_STATE:
    restore_state(m);
    break;
  case GNU_ARGS_SIZE:
    operand(m);
    break;
  default:
    m->strange = !define_cfa(m, instruction) && !define_register(m, instruction);
  }
}

static void execute(struct machine *m, unsigned instruction) {
  unsigned low = instruction & ~(unsigned)HIGH;
  switch (instruction & HIGH) {
  case ADVANCE:
    advance(m, low);
    break;
  case OFFSET:
    set_at(m, low, factored_operand(m));
    break;
  case RESTORE:
    restore(m, low);
    break;
  default:
    execute_other(m, instruction);
  }
}

/* Runs a program until it ends or the next row begins beyond the offset.  False: not understood. */
static bool run(struct machine *m, struct bytes program) {
  m->program = program;
  while (m->program.at < m->program.end && m->at <= m->offset && !m->strange)
    execute(m, read_u8(&m->program));
  return !m->strange && !m->program.broken;
}

bool cfi_row_at(const struct cfi_common *common, struct bytes program, uint64_t offset,
                struct cfi_row *row) {
  struct machine m = {.common = common, .offset = offset};
  m.row.cfa_register = CFI_NO_REGISTER;
  if (!run(&m, common->program))
    return false;
  m.initial = m.row;
  bool understood = run(&m, program);
  *row = m.row;
  return understood;
}
