/* Finds and reads the unwind information of an address; contract in cfi.h.
 *
 *   .eh_frame_hdr   a sorted table: function's start, its FDE       (binary search)
 *   FDE             which CIE, start, length, program of opcodes
 *   CIE             shared by many FDEs: encodings, first part of the program
 *
 * Only the forms that linkers for this processor write are understood.
 */
#include "cfi.h"
#include "arch_stack.h"
#include "cfi_row.h"
#include "find_object.h"

/* ---- the table ---- */

/* What a record holds behind its length; broken: it is not one of ours. */
static struct bytes record_at(const unsigned char *at) {
  struct bytes b = {.at = at, .end = at + sizeof(uint32_t)};
  uint32_t length = read_u32(&b);
  b.broken = length < sizeof(uint32_t) || length >= 0xfffffff0; /* an end mark, 64-bit forms */
  b.end = b.at + (b.broken ? 0 : length);
  return b;
}

enum { HEADER = 0x3b031b01, ENTRIES_AT = 12 }; /* version 1; the encodings that linkers write */

struct entry {
  int32_t start, fde; /* both from the table's header */
};

/* The last entry of the table whose start is not above ip; false if there is none. */
static bool find_entry(const unsigned char *header, uintptr_t ip, struct entry *found) {
  struct bytes b = {.at = header, .end = header + ENTRIES_AT};
  uint32_t form = read_u32(&b);
  skip(&b, sizeof(int32_t));
  uint32_t low = 0, high = read_u32(&b);
  if (form != HEADER)
    return false;
  while (low < high) {
    uint32_t middle = low + (high - low) / 2;
    struct entry r;
    memcpy(&r, header + ENTRIES_AT + sizeof r * middle, sizeof r);
    if ((uintptr_t)header + (uintptr_t)(intptr_t)r.start <= ip) {
      low = middle + 1;
      *found = r;
    } else {
      high = middle;
    }
  }
  return low > 0;
}

static uintptr_t entry_start(const unsigned char *header, const struct entry *e) {
  return (uintptr_t)header + (uintptr_t)(intptr_t)e->start;
}

/* ---- records ---- */

/* Bytes of a pointer in this encoding; 0: not understood. */
static size_t pointer_bytes(unsigned encoding) {
  switch (encoding & 0x0f) {
  case 0x00: /* absolute */
  case 0x04:
  case 0x0c:
    return 8;
  case 0x03:
  case 0x0b:
    return 4;
  default:
    return 0;
  }
}

/* Reads what the letters of a CIE announce; b is behind it then.  False for letters that are not
 * understood, among them 'S', a signal frame. */
static bool read_augmentation(struct bytes *b, const char *letters, size_t length,
                              struct cfi_common *common) {
  bool known = true;
  for (size_t i = 1; i < length && known; i++) {
    known = letters[i] == 'R' || letters[i] == 'P' || letters[i] == 'L';
    unsigned encoding = known ? read_u8(b) : 0;
    if (letters[i] == 'R')
      common->pointer = pointer_bytes(encoding);
    if (letters[i] == 'P') {
      known = pointer_bytes(encoding) != 0;
      skip(b, pointer_bytes(encoding));
    }
  }
  return known && common->pointer != 0 && !b->broken;
}

/* Reads a CIE; false: not understood. */
static bool read_cie(const unsigned char *at, struct cfi_common *common) {
  struct bytes b = record_at(at);
  bool known = read_u32(&b) == 0;
  unsigned version = read_u8(&b);
  const char *letters = (const char *)b.at;
  size_t length = strnlen(letters, (size_t)(b.end - b.at));
  skip(&b, length + 1);
  if (!known || version != 1 || length == 0 || letters[0] != 'z')
    return false;
  common->code_align = read_uleb(&b);
  common->data_align = read_sleb(&b);
  unsigned return_column = read_u8(&b);
  uint64_t size = read_uleb(&b);
  common->program = b;
  skip(&common->program, size);
  return return_column == CFI_RETURN && read_augmentation(&b, letters, length, common) &&
         !common->program.broken;
}

enum fde {
  FDE_READ,
  FDE_STRANGE,  /* not understood */
  FDE_ELSEWHERE /* that of a function which ends before the offset */
};

/* Reads the row of an FDE for the code `offset` bytes into its function. */
static enum fde read_fde(const unsigned char *at, uint64_t offset, struct cfi_row *row) {
  struct bytes b = record_at(at);
  const unsigned char *id = b.at;
  uint32_t back = read_u32(&b);
  struct cfi_common common = {.pointer = 0};
  if (b.broken || back == 0 || !read_cie(id - back, &common))
    return FDE_STRANGE;
  skip(&b, common.pointer); /* start: known from the table */
  uint64_t length = read_number(&b, common.pointer);
  skip(&b, read_uleb(&b)); /* augmentation */
  if (!b.broken && offset >= length)
    return FDE_ELSEWHERE;
  return !b.broken && cfi_row_at(&common, b, offset, row) ? FDE_READ : FDE_STRANGE;
}

/* ---- rules ---- */

static struct rule rule_only(enum rule_kind kind) { return (struct rule){.kind = (uint8_t)kind}; }

static struct rule rule_start(void) { return (struct rule){.kind = RULE_END, .by_start = true}; }

/* The plain rule that says the same as the row; false: there is none. */
static bool has_rule(const struct cfi_row *row, struct rule *r) {
  bool by_sp = row->cfa_register == CFI_RSP;
  *r = rule_only(by_sp ? RULE_SP : RULE_BP);
  r->delta = (int32_t)row->cfa_offset;
  r->rbp_at = (int16_t)(row->rbp.where == CFI_AT ? row->rbp.at : 0);
  bool cfa = (by_sp || row->cfa_register == CFI_RBP) && r->delta > 0;
  bool rbp = row->rbp.where == CFI_KEPT || (row->rbp.where == CFI_AT && r->rbp_at != 0);
  return cfa && rbp && r->delta == row->cfa_offset && r->rbp_at == row->rbp.at &&
         row->ra.where == CFI_AT && row->ra.at == RETURN_ADDRESS_AT;
}

/* The rule that says the same as the row; RULE_NEVER: there is none. */
static struct rule rule_of(const struct cfi_row *row) {
  struct rule r;
  if (row->ra.where == CFI_UNDEFINED)
    return rule_only(RULE_END);
  return has_rule(row, &r) ? r : rule_only(RULE_NEVER);
}

/* Does a call instruction end at ra?  From `start` up to there is code. */
static bool follows_call(uintptr_t ra, uintptr_t start) {
  unsigned char code[CALL_BYTES_MAX] = {0};
  size_t have = ra - start < sizeof code ? ra - start : sizeof code;
  memcpy(code + sizeof code - have, (const char *)ra - have, have);
  return arch_is_call(code + sizeof code);
}

/* What the table says of an address. */
struct found {
  uintptr_t start;  /* of the address's function; 0: not known */
  struct rule rule; /* of the code at the address */
  bool begins;      /* another function begins right behind the address */
};

static struct found find_function(uintptr_t ip) {
  struct found f = {.rule = rule_only(RULE_NONE)};
  struct dl_find_object object;
  struct entry entry = {0}, next = {0};
  struct cfi_row row;
  if (!find_object(ip, &object) || object.dlfo_eh_frame == NULL)
    return f;
  const unsigned char *header = object.dlfo_eh_frame;
  f.begins = find_entry(header, ip + 1, &next) && entry_start(header, &next) == ip + 1;
  if (!find_entry(header, ip, &entry))
    return f;
  uintptr_t start = entry_start(header, &entry);
  enum fde fde = read_fde(header + entry.fde, ip - start, &row);
  if (fde == FDE_ELSEWHERE)
    return f;
  f.start = start;
  f.rule = fde == FDE_READ ? rule_of(&row) : rule_only(RULE_NEVER);
  return f;
}

struct rule cfi_code_rule(uintptr_t ip) {
  return find_function(ip).rule;
}

/* Does the plain rule read only within its frame, from sp to the CFA? */
static bool is_sound(struct rule r) { return r.rbp_at <= 0 && -r.rbp_at <= r.delta; }

struct rule cfi_rule(uintptr_t ra) {
  struct found f = find_function(ra - 1);
  bool called = f.start != 0 && follows_call(ra, f.start);
  if (f.begins && !called)
    return rule_start();
  if (!rule_is_plain(f.rule))
    return f.rule;
  return called && !f.begins && is_sound(f.rule) ? f.rule : rule_only(RULE_NEVER);
}

bool cfi_is_plausible(uintptr_t ra) {
  uintptr_t start = find_code(ra - 1);
  return start != 0 && follows_call(ra, start);
}
