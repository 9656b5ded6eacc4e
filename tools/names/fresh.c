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

static bool displacement_read(struct walk *w, size_t bytes, int32_t *offset) {
  if (!has(w, bytes))
    return false;
  if (bytes == 1)
    *offset = w->code[w->at] - (w->code[w->at] < 128 ? 0 : 256);
  else if (bytes == 4)
    memcpy(offset, w->code + w->at, sizeof *offset);
  w->at += bytes;
  return true;
}

/* Reads what follows the modrm byte of an operand in memory: sib, displacement. */
static bool memory_read(struct walk *w, unsigned rex, unsigned modrm, struct operands *o) {
  unsigned mode = modrm >> 6, base = modrm & 7;
  size_t displacement = mode == 1 ? 1 : mode == 2 ? 4 : 0;
  if (base == RSP) { /* a sib byte */
    if (!has(w, 1))
      return false;
    unsigned sib = w->code[w->at++], index = (sib >> 3 & 7) | (rex & 2) << 2;
    base = sib & 7;
    o->indexed = index != RSP;
  }
  o->base = base | (rex & 1) << 3;
  if (mode == 0 && base == RBP) { /* an address by itself, or from the next instruction */
    o->base = NONE;
    displacement = 4;
  }
  return displacement_read(w, displacement, &o->offset);
}

/* Reads what follows an opcode: modrm, sib, displacement. */
static bool operands_read(struct walk *w, unsigned rex, struct operands *o) {
  if (!has(w, 1))
    return false;
  unsigned modrm = w->code[w->at++];
  *o = (struct operands){
      .wide = (rex & 8) != 0, .reg = (modrm >> 3 & 7) | (rex & 4) << 1, .other = NONE};
  if (modrm >> 6 != 3)
    return memory_read(w, rex, modrm, o);
  o->other = o->base = (modrm & 7) | (rex & 1) << 3;
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

/* By opcode.  STOP, which is 0: any other. */
static const unsigned char actions[256] = {
    [0x89] = STORE,   [0x8B] = LOAD,    [0x01] = CHANGE,  [0x09] = CHANGE,  [0x11] = CHANGE,
    [0x19] = CHANGE,  [0x21] = CHANGE,  [0x29] = CHANGE,  [0x31] = CHANGE,  [0x88] = CHANGE,
    [0xC6] = CHANGE,  [0xC7] = CHANGE,  [0x80] = CHANGE,  [0x81] = CHANGE,  [0x83] = CHANGE,
    [0xC0] = CHANGE,  [0xC1] = CHANGE,  [0xD1] = CHANGE,  [0xD3] = CHANGE,  [0x03] = COMPUTE,
    [0x0B] = COMPUTE, [0x13] = COMPUTE, [0x1B] = COMPUTE, [0x23] = COMPUTE, [0x2B] = COMPUTE,
    [0x33] = COMPUTE, [0x8A] = COMPUTE, [0x8D] = COMPUTE, [0x63] = COMPUTE, [0x69] = COMPUTE,
    [0x6B] = COMPUTE, [0x38] = READ,    [0x39] = READ,    [0x3A] = READ,    [0x3B] = READ,
    [0x84] = READ,    [0x85] = READ,
};

/* The same behind 0F; those that READ change a register of floating point at most. */
static const unsigned char actions_0f[256] = {
    [0x11] = WIDE_STORE, [0x13] = WIDE_STORE, [0x17] = WIDE_STORE, [0x29] = WIDE_STORE,
    [0x2B] = WIDE_STORE, [0x7F] = WIDE_STORE, [0xD6] = WIDE_STORE, [0xE7] = WIDE_STORE,
    [0x10] = READ,       [0x12] = READ,       [0x14] = READ,       [0x15] = READ,
    [0x16] = READ,       [0x28] = READ,       [0x2A] = READ,       [0x51] = READ,
    [0x54] = READ,       [0x57] = READ,       [0x58] = READ,       [0x59] = READ,
    [0x5A] = READ,       [0x5C] = READ,       [0x5E] = READ,       [0x60] = READ,
    [0x61] = READ,       [0x62] = READ,       [0x6C] = READ,       [0x6D] = READ,
    [0x6E] = READ,       [0x6F] = READ,       [0xEF] = READ,       [0xFE] = READ,
    [0xD4] = READ,       [0x1E] = READ,       [0x1F] = READ,       [0xAF] = COMPUTE,
    [0xB6] = COMPUTE,    [0xB7] = COMPUTE,    [0xBE] = COMPUTE,    [0xBF] = COMPUTE,
    [0x2C] = COMPUTE,    [0x2D] = COMPUTE,
};

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
  enum action action = escaped ? actions_0f[opcode] : actions[opcode];
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
