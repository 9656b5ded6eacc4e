/* Takes names of C++ apart; contract in says.h.
 *
 * Both C++ libraries: what their versions put into names, __cxx11:: and __1::, is taken out first.
 */
#include "says.h"
#include "say.h"
#include "text.h"

#include <stdlib.h>
#include <string.h>

enum { ARGUMENTS_MAX = 16 };

/* A part of a name. */
struct part {
  const char *at;
  size_t length;
};

static bool part_starts(struct part p, const char *with) {
  size_t length = strlen(with);
  return p.length >= length && memcmp(p.at, with, length) == 0;
}

static bool part_is(struct part p, const char *text) {
  return p.length == strlen(text) && memcmp(p.at, text, p.length) == 0;
}

static struct part trimmed(struct part p) {
  while (p.length > 0 && *p.at == ' ')
    p = (struct part){p.at + 1, p.length - 1};
  while (p.length > 0 && p.at[p.length - 1] == ' ')
    p.length--;
  return p;
}

/* "name<arguments>rest"; without arguments all of it is the name. */
struct template {
  struct part name, arguments[ARGUMENTS_MAX], rest;
  unsigned count;
};

/* How a character changes the depth of brackets. */
static int depth_step(const char *at, const char *start) {
  switch (*at) {
  case '<':
  case '(':
  case '{':
  case '[':
    return 1;
  case '>':
    return at > start && at[-1] == '-' ? 0 : -1;
  case ')':
  case '}':
  case ']':
    return -1;
  default:
    return 0;
  }
}

/* False: brackets don't match, or there is an operator, whose name may have some. */
static bool template_read(struct part text, struct template *t) {
  const char *end = text.at + text.length, *open = memchr(text.at, '<', text.length);
  *t = (struct template){.name = text};
  if (open == NULL)
    return true;
  t->name.length = (size_t)(open - text.at);
  int depth = 1;
  const char *start = open + 1;
  for (const char *at = start; at < end && depth > 0; at++) {
    depth += depth_step(at, text.at);
    if (depth > 1 || (depth == 1 && *at != ','))
      continue;
    if (t->count == ARGUMENTS_MAX)
      return false;
    t->arguments[t->count++] = trimmed((struct part){start, (size_t)(at - start)});
    start = at + 1;
  }
  t->rest = (struct part){start, (size_t)(end - start)};
  return depth == 0;
}

/* ---- types ---- */

static bool is_default(struct part argument) {
  static const char *const defaults[] = {"std::allocator<", "std::char_traits<",
                                         "std::less<",      "std::hash<",
                                         "std::equal_to<",  "std::default_delete<"};
  for (size_t i = 0; i < sizeof defaults / sizeof *defaults; i++)
    if (part_starts(argument, defaults[i]))
      return true;
  return false;
}

static bool type_print(struct part type, FILE *to);

static bool string_print(const struct template *t, FILE *to) {
  if (!part_is(t->name, "std::basic_string") || t->count == 0)
    return false;
  bool narrow = part_is(t->arguments[0], "char"), wide = part_is(t->arguments[0], "wchar_t");
  if (narrow || wide)
    fputs(narrow ? "std::string" : "std::wstring", to);
  return narrow || wide;
}

/* What follows the arguments may be more of them: "A<int>::B<char>", "A<int> const*". */
static bool type_print(struct part type, FILE *to) {
  struct template t;
  if (!template_read(trimmed(type), &t))
    return false;
  unsigned count = t.count;
  while (part_starts(t.name, "std::") && count > 1 && is_default(t.arguments[count - 1]))
    count--;
  if (!string_print(&t, to)) {
    fprintf(to, "%.*s%s", (int)t.name.length, t.name.at, count > 0 ? "<" : "");
    for (unsigned i = 0; i < count; i++) {
      fputs(i > 0 ? ", " : "", to);
      if (!type_print(t.arguments[i], to))
        return false;
    }
    fputs(count > 0 ? ">" : "", to);
  }
  if (t.rest.length > 0 && *t.rest.at == ' ')
    fputc(' ', to);
  return t.rest.length == 0 || type_print(t.rest, to);
}

static void cut_out(char *at, size_t bytes) { memmove(at, at + bytes, strlen(at + bytes) + 1); }

static char *part_type(struct part type) {
  struct text text;
  FILE *to = text_start(&text);
  bool good = type_print(type, to);
  char *printed = text_end(to, &text), *array;
  while ((array = strstr(printed, " [")) != NULL)
    cut_out(array, 1);
  if (good && *printed != '\0')
    return printed;
  free(printed);
  return NULL;
}

/* A copy without the words that a library's version puts in. */
static char *plain_name(const char *name) {
  static const char *const words[] = {"__cxx11::", "__1::", "__ndk1::"};
  char *copy = must_copy(name), *found, *end;
  for (size_t i = 0; i < sizeof words / sizeof *words; i++)
    while ((found = strstr(copy, words[i])) != NULL)
      cut_out(found, strlen(words[i]));
  while ((found = strstr(copy, "[abi:")) != NULL && (end = strchr(found, ']')) != NULL)
    cut_out(found, (size_t)(end - found) + 1);
  return copy;
}

char *says_type(const char *name) {
  char *plain = plain_name(name);
  char *type = part_type((struct part){plain, strlen(plain)});
  free(plain);
  return type;
}

/* ---- functions ---- */

/* A node or block stands for what is in it. */
static struct part contents(struct part type) {
  static const char *const holders[] = {
      "std::_List_node",           "std::_Fwd_list_node",      "std::_Rb_tree_node",
      "std::__detail::_Hash_node", "std::__list_node",         "std::__tree_node",
      "std::__hash_node",          "std::__forward_list_node", "std::_Sp_counted_ptr_inplace",
      "std::__shared_ptr_emplace"};
  struct template t;
  if (template_read(type, &t) && t.count > 0 && t.rest.length == 0)
    for (size_t i = 0; i < sizeof holders / sizeof *holders; i++)
      if (part_is(t.name, holders[i]))
        return t.arguments[0];
  return type;
}

/* Containers hold their first argument, or pairs of both; parts inside say themselves what. */
enum held { HELD_NOTHING, HELD_FIRST, HELD_PAIR, HELD_SECOND, HELD_NODE };

/* Classes and functions by the name before their arguments. */
static const struct known {
  const char *name;
  enum says_kind kind;
  enum held held;
  const char *face; /* of SAYS_INSIDE: the container that alone has it */
} known[] = {{"std::make_unique", SAYS_MADE, HELD_NOTHING, NULL},
             {"std::make_unique_for_overwrite", SAYS_MADE, HELD_NOTHING, NULL},
             {"std::make_shared", SAYS_MADE, HELD_NOTHING, NULL},
             {"std::allocate_shared", SAYS_MADE, HELD_NOTHING, NULL},
             {"std::allocator", SAYS_ELEMENT, HELD_NOTHING, NULL},
             {"std::__new_allocator", SAYS_ELEMENT, HELD_NOTHING, NULL},
             {"__gnu_cxx::new_allocator", SAYS_ELEMENT, HELD_NOTHING, NULL},
             {"std::allocator_traits", SAYS_PASS, HELD_NOTHING, NULL},
             {"__gnu_cxx::__alloc_traits", SAYS_PASS, HELD_NOTHING, NULL},
             {"std::__allocate_guarded", SAYS_PASS, HELD_NOTHING, NULL},
             {"std::__allocate_at_least", SAYS_PASS, HELD_NOTHING, NULL},
             {"std::__allocation_guard", SAYS_PASS, HELD_NOTHING, NULL},
             {"std::__libcpp_operator_new", SAYS_RAW, HELD_NOTHING, NULL},
             {"std::__shared_count", SAYS_PASS, HELD_NOTHING, NULL},
             {"std::__shared_ptr", SAYS_PASS, HELD_NOTHING, NULL},
             {"std::shared_ptr", SAYS_PASS, HELD_NOTHING, NULL},
             {"std::__split_buffer", SAYS_PASS, HELD_NOTHING, NULL}, /* of vector and deque */
             {"std::vector", SAYS_FACE, HELD_FIRST, NULL},
             {"std::deque", SAYS_FACE, HELD_FIRST, NULL},
             {"std::list", SAYS_FACE, HELD_FIRST, NULL},
             {"std::forward_list", SAYS_FACE, HELD_FIRST, NULL},
             {"std::basic_string", SAYS_FACE, HELD_FIRST, NULL},
             {"std::_Vector_base", SAYS_INSIDE, HELD_FIRST, "std::vector"},
             {"std::_Deque_base", SAYS_INSIDE, HELD_FIRST, "std::deque"},
             {"std::_List_base", SAYS_INSIDE, HELD_FIRST, "std::list"},
             {"std::__list_imp", SAYS_INSIDE, HELD_FIRST, "std::list"},
             {"std::_Fwd_list_base", SAYS_INSIDE, HELD_FIRST, "std::forward_list"},
             {"std::_Rb_tree", SAYS_INSIDE, HELD_SECOND, NULL},
             {"std::__tree", SAYS_INSIDE, HELD_NODE, NULL},
             {"std::map", SAYS_FACE, HELD_PAIR, NULL},
             {"std::multimap", SAYS_FACE, HELD_PAIR, NULL},
             {"std::set", SAYS_FACE, HELD_FIRST, NULL},
             {"std::multiset", SAYS_FACE, HELD_FIRST, NULL},
             {"std::_Hashtable", SAYS_INSIDE, HELD_SECOND, NULL},
             {"std::__hash_table", SAYS_INSIDE, HELD_NODE, NULL},
             {"std::__detail::_Hashtable_alloc", SAYS_PASS, HELD_NOTHING, NULL},
             {"std::__detail::_Map_base", SAYS_PASS, HELD_NOTHING, NULL},
             {"std::__detail::_Insert", SAYS_PASS, HELD_NOTHING, NULL},
             {"std::__detail::_Insert_base", SAYS_PASS, HELD_NOTHING, NULL},
             {"std::__detail::_ReuseOrAllocNode", SAYS_PASS, HELD_NOTHING, NULL},
             {"std::__detail::_AllocNode", SAYS_PASS, HELD_NOTHING, NULL},
             {"std::unordered_map", SAYS_FACE, HELD_PAIR, NULL},
             {"std::unordered_multimap", SAYS_FACE, HELD_PAIR, NULL},
             {"std::unordered_set", SAYS_FACE, HELD_FIRST, NULL},
             {"std::unordered_multiset", SAYS_FACE, HELD_FIRST, NULL}};

static const struct known *known_find(struct part name) {
  for (size_t i = 0; i < sizeof known / sizeof *known; i++)
    if (part_is(name, known[i].name))
      return &known[i];
  return NULL;
}

/* Whether copies of a type allocate nothing: numbers and pointers. */
static bool is_plain(struct part type) {
  static const char *const names[] = {"bool",        "char",
                                      "signed char", "unsigned char",
                                      "short",       "unsigned short",
                                      "int",         "unsigned int",
                                      "long",        "unsigned long",
                                      "long long",   "float",
                                      "double",      "unsigned long long",
                                      "wchar_t"};
  if (type.length > 0 && type.at[type.length - 1] == '*')
    return true;
  for (size_t i = 0; i < sizeof names / sizeof *names; i++)
    if (part_is(type, names[i]))
      return true;
  return false;
}

static char *pair_type(const struct part *both) {
  char *whole = must_print("std::pair<%.*s const, %.*s>", (int)both[0].length, both[0].at,
                           (int)both[1].length, both[1].at);
  char *type = part_type((struct part){whole, strlen(whole)});
  free(whole);
  return type;
}

/* LLVM's maps hold a pair under a name of their own. */
static char *node_value(struct part node) {
  struct template t;
  bool pair = template_read(node, &t) && t.count == 2 && t.rest.length == 0 &&
              (part_is(t.name, "std::__value_type") || part_is(t.name, "std::__hash_value_type"));
  return pair ? pair_type(t.arguments) : part_type(node);
}

static char *value_of(enum held held, const struct template *t) {
  switch (held) {
  case HELD_FIRST:
    return part_type(t->arguments[0]);
  case HELD_PAIR:
    return t->count > 1 ? pair_type(t->arguments) : NULL;
  case HELD_SECOND:
    return t->count > 1 ? part_type(t->arguments[1]) : NULL;
  case HELD_NODE:
    return node_value(t->arguments[0]);
  default:
    return NULL;
  }
}

/* The container itself: its name and arguments, or those of the one that a part belongs to. */
static char *container_type(const struct known *k, const struct template *t, const char *name) {
  size_t arguments = strlen(name) - t->rest.length - t->name.length;
  if (k->kind == SAYS_INSIDE && k->face == NULL)
    return NULL;
  char *whole = must_print("%s%.*s", k->kind == SAYS_INSIDE ? k->face : k->name, (int)arguments,
                           name + t->name.length);
  char *type = part_type((struct part){whole, strlen(whole)});
  free(whole);
  return type;
}

static char *type_of(const struct known *k, const struct template *t, const char *name) {
  switch (k->kind) {
  case SAYS_MADE:
    return part_type(t->arguments[0]);
  case SAYS_ELEMENT:
    return node_value(contents(t->arguments[0]));
  case SAYS_INSIDE:
  case SAYS_FACE:
    return container_type(k, t, name);
  default:
    return NULL;
  }
}

static bool is_raw(const char *name) {
  static const char *const names[] = {"malloc",
                                      "calloc",
                                      "realloc",
                                      "reallocarray",
                                      "aligned_alloc",
                                      "posix_memalign",
                                      "operator new",
                                      "operator new[]",
                                      "std::__libcpp_allocate",
                                      "std::__libcpp_operator_new"};
  for (size_t i = 0; i < sizeof names / sizeof *names; i++)
    if (strcmp(name, names[i]) == 0)
      return true;
  return false;
}

struct says says_of(const char *name) {
  struct template t;
  if (!text_starts(name, "std::") && !text_starts(name, "__gnu_cxx::"))
    return (struct says){.kind = is_raw(name) ? SAYS_RAW : SAYS_NOTHING};
  char *plain = plain_name(name);
  struct says says = {.kind = is_raw(plain) ? SAYS_RAW : SAYS_NOTHING};
  bool read = template_read((struct part){plain, strlen(plain)}, &t) && t.count > 0;
  const struct known *k = read ? known_find(t.name) : NULL;
  if (k != NULL)
    says = (struct says){.kind = k->kind,
                         .plain = is_plain(t.arguments[0]),
                         .type = type_of(k, &t, plain),
                         .value = value_of(k->held, &t)};
  else if (text_starts(plain, "std::string::"))
    says = (struct says){.kind = SAYS_FACE,
                         .plain = true,
                         .type = must_copy("std::string"),
                         .value = must_copy("char")};
  free(plain);
  return says;
}
