/* Interprets classic BPF; contract in seccomp_run.h. */
#include "seccomp_run.h"

#include <string.h>

/* The result of an arithmetic instruction. */
static uint32_t alu(uint32_t code, uint32_t a, uint32_t b) {
  switch (BPF_OP(code)) {
  case BPF_ADD:
    return a + b;
  case BPF_SUB:
    return a - b;
  case BPF_MUL:
    return a * b;
  case BPF_DIV:
    return b != 0 ? a / b : 0;
  case BPF_OR:
    return a | b;
  case BPF_AND:
    return a & b;
  case BPF_XOR:
    return a ^ b;
  case BPF_LSH:
    return b < 32 ? a << b : 0;
  case BPF_RSH:
    return b < 32 ? a >> b : 0;
  default:
    return -a; /* BPF_NEG */
  }
}

/* Is the condition of a jump true? */
static bool jumps(uint32_t code, uint32_t a, uint32_t b) {
  switch (BPF_OP(code)) {
  case BPF_JEQ:
    return a == b;
  case BPF_JGT:
    return a > b;
  case BPF_JGE:
    return a >= b;
  default:
    return (a & b) != 0; /* BPF_JSET */
  }
}

/* The word that a load instruction reads. */
static uint32_t load(const struct seccomp_data *d, const uint32_t *memory, struct sock_filter i) {
  uint32_t word = 0;
  switch (BPF_MODE(i.code)) {
  case BPF_IMM:
    return i.k;
  case BPF_LEN:
    return sizeof *d;
  case BPF_MEM:
    return memory[i.k % BPF_MEMWORDS];
  default: /* BPF_ABS */
    if (i.k <= sizeof *d - sizeof word)
      memcpy(&word, (const char *)d + i.k, sizeof word);
    return word;
  }
}

uint32_t seccomp_run(const struct sock_fprog *p, const struct seccomp_data *d) {
  uint32_t a = 0, x = 0, memory[BPF_MEMWORDS] = {0};
  for (unsigned at = 0; at < p->len; at++) {
    struct sock_filter i = p->filter[at];
    uint32_t b = BPF_SRC(i.code) == BPF_X ? x : i.k;
    switch (BPF_CLASS(i.code)) {
    case BPF_LD:
      a = load(d, memory, i);
      break;
    case BPF_LDX:
      x = load(d, memory, i);
      break;
    case BPF_ST:
      memory[i.k % BPF_MEMWORDS] = a;
      break;
    case BPF_STX:
      memory[i.k % BPF_MEMWORDS] = x;
      break;
    case BPF_ALU:
      a = alu(i.code, a, b);
      break;
    case BPF_JMP:
      at += BPF_OP(i.code) == BPF_JA ? i.k : jumps(i.code, a, b) ? i.jt : i.jf;
      break;
    case BPF_RET:
      return BPF_RVAL(i.code) == BPF_A ? a : i.k;
    default: /* BPF_MISC */
      if (BPF_MISCOP(i.code) == BPF_TAX)
        x = a;
      else
        a = x;
    }
  }
  return SECCOMP_RET_KILL_PROCESS;
}
