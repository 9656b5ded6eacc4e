/* Follows a pointer through instructions; contract in fresh.h.
 *
 * Where it is: in a set of registers, and in places of the stack.  An instruction that writes a
 * register takes it out of the set, but for copies; a call takes out those that it may change.
 */
#include "fresh.h"

#include <string.h>

enum { RAX, RCX, RDX, RBX, RSP, RBP, RSI, RDI, NONE = 16 };
enum {
  STEPS_MAX = 60,
  PLACES_MAX = 8,
  CHANGED = 1 << RAX | 1 << RCX | 1 << RDX | 1 << RSI | 1 << RDI | 0xF << 8 /* by a call */
};

/* A place of the stack. */
struct place {
  unsigned base;
  int32_t offset;
};

struct walk {
  const unsigned char *code;
  size_t bytes, at;
  unsigned registers; /* a bit each */
  struct place places[PLACES_MAX];
  unsigned n_places;
};

/* An instruction with two operands: a register, and a register or memory. */
struct operands {
  bool wide; /* of 8 bytes */
  unsigned reg;
  unsigned other; /* a register; NONE: it is memory */
  unsigned base;  /* of memory; NONE: no register */
  bool indexed;
  int32_t offset;
};

static bool has(const struct walk *w, size_t more) { return w->bytes - w->at >= more; }

static bool tracked(const struct walk *w, unsigned reg) {
  return reg < NONE && (w->registers >> reg & 1) != 0;
}

static void track(struct walk *w, unsigned reg, bool is) {
  w->registers = (w->registers & ~(1U << reg)) | (unsigned)is << reg;
}

/* Reads what follows an opcode: modrm, sib, displacement. */
static bool operands_read(struct walk *w, unsigned rex, struct operands *o) {
  if (!has(w, 1))
    return false;
  unsigned modrm = w->code[w->at++], mode = modrm >> 6, low = modrm & 7;
  *o = (struct operands){.wide = (rex & 8) != 0,
                         .reg = (modrm >> 3 & 7) | (rex & 4) << 1,
                         .other = NONE,
                         .base = low | (rex & 1) << 3};
  if (mode == 3) {
    o->other = o->base;
    return true;
  }
  size_t displacement = mode == 1 ? 1 : mode == 2 ? 4 : 0;
  if (low == RSP) { /* a sib byte */
    if (!has(w, 1))
      return false;
    unsigned sib = w->code[w->at++], index = (sib >> 3 & 7) | (rex & 2) << 2;
    o->base = (sib & 7) | (rex & 1) << 3;
    o->indexed = index != RSP;
    if (mode == 0 && (sib & 7) == RBP) {
      o->base = NONE;
      displacement = 4;
    }
  } else if (mode == 0 && low == RBP) { /* from the next instruction */
    o->base = NONE;
    displacement = 4;
  }
  if (!has(w, displacement))
    return false;
  if (displacement == 1)
    o->offset = w->code[w->at] - (w->code[w->at] < 128 ? 0 : 256);
  else if (displacement == 4)
    memcpy(&o->offset, w->code + w->at, sizeof o->offset);
  w->at += displacement;
  return true;
}

/* ---- places of the stack ---- */

static bool is_place(const struct operands *o) {
  return o->other == NONE && !o->indexed && (o->base == RSP || o->base == RBP);
}

static unsigned place_index(const struct walk *w, const struct operands *o) {
  unsigned i = 0;
  while (i < w->n_places && (w->places[i].base != o->base || w->places[i].offset != o->offset))
    i++;
  return i;
}

static void place_write(struct walk *w, const struct operands *o, bool is) {
  unsigned i = place_index(w, o);
  if (i < w->n_places && !is)
    w->places[i] = w->places[--w->n_places];
  else if (i == w->n_places && is && w->n_places < PLACES_MAX)
    w->places[w->n_places++] = (struct place){o->base, o->offset};
}

/* A register changes: places counted from it are elsewhere. */
static void places_leave(struct walk *w, unsigned base) {
  for (unsigned i = w->n_places; i-- > 0;)
    if (w->places[i].base == base)
      w->places[i] = w->places[--w->n_places];
}

static void register_write(struct walk *w, unsigned reg, bool is) {
  track(w, reg, is);
  places_leave(w, reg);
}

/* ---- instructions ---- */

/* False: the pointer's target is written, or that is not certain. */
static bool operand_write(struct walk *w, const struct operands *o, bool is) {
  if (o->other != NONE) {
    register_write(w, o->other, is);
    return true;
  }
  if (tracked(w, o->base))
    return false;
  if (is_place(o))
    place_write(w, o, is);
  return true;
}

static bool operand_tracked(const struct walk *w, const struct operands *o) {
  if (o->other != NONE)
    return tracked(w, o->other);
  return is_place(o) && place_index(w, o) < w->n_places;
}

/* What an opcode does with its operands. */
enum action {
  STOP,
  STORE,     /* mov r/m, r */
  LOAD,      /* mov r, r/m */
  CHANGE,    /* r/m becomes something else */
  COMPUTE,   /* r becomes something else */
  READ,      /* both stay */
  WIDE_STORE /* r/m is written from a register of floating point */
};

static enum action action_of(unsigned opcode) {
  switch (opcode) {
  case 0x89:
    return STORE;
  case 0x8B:
    return LOAD;
  case 0x01:
  case 0x09:
  case 0x11:
  case 0x19:
  case 0x21:
  case 0x29:
  case 0x31:
  case 0x88:
  case 0xC6:
  case 0xC7:
  case 0x80:
  case 0x81:
  case 0x83:
  case 0xC0:
  case 0xC1:
  case 0xD1:
  case 0xD3:
    return CHANGE;
  case 0x03:
  case 0x0B:
  case 0x13:
  case 0x1B:
  case 0x23:
  case 0x2B:
  case 0x33:
  case 0x8A:
  case 0x8D:
  case 0x63:
  case 0x69:
  case 0x6B:
    return COMPUTE;
  case 0x38:
  case 0x39:
  case 0x3A:
  case 0x3B:
  case 0x84:
  case 0x85:
    return READ;
  default:
    return STOP;
  }
}

/* What an opcode after 0F does with its operands. */
static enum action action_of_0f(unsigned opcode) {
  switch (opcode) {
  case 0x11:
  case 0x13:
  case 0x17:
  case 0x29:
  case 0x2B:
  case 0x7F:
  case 0xD6:
  case 0xE7:
    return WIDE_STORE;
  case 0x10:
  case 0x12:
  case 0x14:
  case 0x15:
  case 0x16:
  case 0x28:
  case 0x2A:
  case 0x51:
  case 0x54:
  case 0x57:
  case 0x58:
  case 0x59:
  case 0x5A:
  case 0x5C:
  case 0x5E:
  case 0x60:
  case 0x61:
  case 0x62:
  case 0x6C:
  case 0x6D:
  case 0x6E:
  case 0x6F:
  case 0xEF:
  case 0xFE:
  case 0xD4:
  case 0x1E:
  case 0x1F:
    return READ; /* of registers of floating point alone */
  case 0xAF:
  case 0xB6:
  case 0xB7:
  case 0xBE:
  case 0xBF:
  case 0x2C:
  case 0x2D:
    return COMPUTE;
  default:
    return STOP;
  }
}

static size_t immediate_bytes(unsigned opcode, bool half) {
  switch (opcode) {
  case 0xC6:
  case 0x80:
  case 0x83:
  case 0xC0:
  case 0xC1:
  case 0x6B:
    return 1;
  case 0xC7:
  case 0x81:
  case 0x69:
    return half ? 2 : 4;
  default:
    return 0;
  }
}

static bool act(struct walk *w, enum action action, const struct operands *o) {
  switch (action) {
  case STORE:
    return operand_write(w, o, o->wide && tracked(w, o->reg));
  case LOAD:
    register_write(w, o->reg, o->wide && operand_tracked(w, o));
    return true;
  case CHANGE:
    return operand_write(w, o, false);
  case WIDE_STORE: /* between registers of floating point it is no store */
    return o->other != NONE || operand_write(w, o, false);
  case COMPUTE:
    register_write(w, o->reg, false);
    return true;
  default:
    return true;
  }
}

static bool skip(struct walk *w, size_t bytes) {
  if (!has(w, bytes))
    return false;
  w->at += bytes;
  return true;
}

/* push, pop, mov of a constant, no operation: no operands to read.  *done: it was one of these. */
static bool short_step(struct walk *w, unsigned opcode, unsigned rex, bool half, bool *done) {
  unsigned reg = (opcode & 7) | (rex & 1) << 3;
  *done = true;
  switch (opcode & 0xF8) {
  case 0x50: /* rsp moves */
    places_leave(w, RSP);
    return true;
  case 0x58:
    places_leave(w, RSP);
    register_write(w, reg, false);
    return true;
  case 0xB8:
    register_write(w, reg, false);
    return skip(w, (rex & 8) != 0 ? 8 : half ? 2 : 4);
  default:
    *done = opcode == 0x90;
    return true;
  }
}

/* Follows an instruction that is no call.  False: the walk ends here. */
static bool step(struct walk *w, bool *stored) {
  struct operands o;
  unsigned rex = 0;
  bool half = false, done;
  while (has(w, 1) && (w->code[w->at] == 0x66 || w->code[w->at] == 0xF2 || w->code[w->at] == 0xF3))
    half |= w->code[w->at++] == 0x66;
  if (has(w, 1) && (w->code[w->at] & 0xF0) == 0x40)
    rex = w->code[w->at++];
  if (!has(w, 2))
    return false;
  unsigned opcode = w->code[w->at++];
  if (!short_step(w, opcode, rex, half, &done))
    return false;
  if (done)
    return true;
  bool escaped = opcode == 0x0F;
  if (escaped)
    opcode = w->code[w->at++];
  enum action action = escaped ? action_of_0f(opcode) : action_of(opcode);
  if (action == STOP || !operands_read(w, rex, &o) ||
      !skip(w, escaped ? 0 : immediate_bytes(opcode, half)))
    return false;
  *stored = !act(w, action, &o);
  return !*stored;
}

enum { CALL_BYTES = 5 };

static bool is_call(const struct walk *w) { return has(w, CALL_BYTES) && w->code[w->at] == 0xE8; }

/* By a register or memory. */
static bool is_far_call(const struct walk *w, struct operands *o, size_t *bytes) {
  struct walk copy = *w;
  unsigned rex = has(w, 1) && (w->code[w->at] & 0xF0) == 0x40 ? w->code[copy.at++] : 0;
  if (!has(&copy, 2) || copy.code[copy.at++] != 0xFF || !operands_read(&copy, rex, o))
    return false;
  *bytes = copy.at - w->at;
  return (o->reg & 7) == 2;
}

static struct fresh called(const struct walk *w) {
  int32_t distance;
  memcpy(&distance, w->code + w->at + 1, sizeof distance);
  return (struct fresh){.kind = FRESH_CALL,
                        .at = w->at,
                        .target = (int64_t)w->at + CALL_BYTES + distance,
                        .has_target = true};
}

struct fresh fresh_find(const unsigned char *code, size_t bytes) {
  struct walk w = {.code = code, .bytes = bytes, .registers = 1 << RAX};
  struct operands o;
  for (int i = 0; i < STEPS_MAX && (w.registers != 0 || w.n_places > 0); i++) {
    size_t at = w.at, length = CALL_BYTES;
    bool near = is_call(&w), stored = false;
    if (near || is_far_call(&w, &o, &length)) {
      if (tracked(&w, RDI))
        return near ? called(&w) : (struct fresh){.kind = FRESH_CALL, .at = at};
      w.registers &= ~(unsigned)CHANGED;
      w.at += length;
    } else if (!step(&w, &stored)) {
      return stored ? (struct fresh){.kind = FRESH_STORE, .at = at} : (struct fresh){0};
    }
  }
  return (struct fresh){0};
}
