// The 20 C++ operators: every pairing of new and delete, alignment, and what a failing new must do.
// `cxx` runs all. Whether the shim's own operators serve them is symbols.bats' matter.
#include "../check.h"
#include <malloc.h>
#include <new>
#include <string>
#include <vector>

static const size_t sizes[] = {0, 1, 8, 16, 100, 500, 511, 512, 513, 4096, 100000};
static const size_t too_big = hide_size(static_cast<size_t>(PTRDIFF_MAX) + 1);
static const std::nothrow_t &quiet = std::nothrow;

static std::align_val_t align(size_t a) { return static_cast<std::align_val_t>(a); }

static void check_block(void *p, size_t n, size_t alignment) {
  CHECK(p, "operator new(%zu) expected a block, found NULL", n);
  CHECK(reinterpret_cast<uintptr_t>(p) % alignment == 0,
        "operator new(%zu) expected alignment %zu, found %p", n, alignment, p);
  CHECK(malloc_usable_size(p) >= n, "operator new(%zu) expected that room, found %zu", n,
        malloc_usable_size(p));
  stamp(p, n, n);
  CHECK_STAMP(p, n, n);
}

// The plain forms: each new with each delete that may answer it, and with free, as plugins do.
static void test_plain() {
  for (size_t n : sizes)
    for (int way = 0; way < 16; way++) {
      bool array = way & 1;
      void *p = way & 2 ? (array ? operator new[](n, quiet) : operator new(n, quiet))
                        : (array ? operator new[](n) : operator new(n));
      check_block(p, n, 16);
      switch (way / 4) {
      case 0: array ? operator delete[](p) : operator delete(p); break;
      case 1: array ? operator delete[](p, n) : operator delete(p, n); break;
      case 2: array ? operator delete[](p, quiet) : operator delete(p, quiet); break;
      default: free(hide(p));
      }
    }
}

static void test_aligned() {
  for (size_t n : sizes)
    for (size_t a = 1; a <= 1 << 16; a *= 2)
      for (int way = 0; way < 12; way++) {
        bool array = way & 1;
        void *p = way & 2 ? (array ? operator new[](n, align(a), quiet) : operator new(n, align(a), quiet))
                          : (array ? operator new[](n, align(a)) : operator new(n, align(a)));
        check_block(p, n, a);
        switch (way / 4) {
        case 0: array ? operator delete[](p, align(a)) : operator delete(p, align(a)); break;
        case 1: array ? operator delete[](p, n, align(a)) : operator delete(p, n, align(a)); break;
        default: array ? operator delete[](p, align(a), quiet) : operator delete(p, align(a), quiet);
        }
      }
}

static void test_null() {
  operator delete(hide(nullptr));
  operator delete[](hide(nullptr));
  operator delete(hide(nullptr), size_t{100});
  operator delete[](hide(nullptr), size_t{100});
  operator delete(hide(nullptr), align(64));
  operator delete[](hide(nullptr), size_t{100}, align(4096));
}

// Calls one of the eight forms of new for a size that can't be had.
static void *fail_with(int form) {
  switch (form) {
  case 0: return operator new(too_big);
  case 1: return operator new[](too_big);
  case 2: return operator new(too_big, align(64));
  case 3: return operator new[](too_big, align(8192));
  case 4: return operator new(too_big, quiet);
  case 5: return operator new[](too_big, quiet);
  case 6: return operator new(too_big, align(64), quiet);
  default: return operator new[](too_big, align(8192), quiet);
  }
}

static int handler_calls;

static void third_call_gives_up() {
  if (++handler_calls == 3)
    std::set_new_handler(nullptr);
}

static void throw_bad_alloc() {
  handler_calls++;
  throw std::bad_alloc();
}

struct special : std::bad_alloc {};

static void throw_special() { throw special(); }

// Without a handler: bad_alloc, or a null pointer from the nothrow forms.
// With one: called again and again until it gives up or throws; what it throws reaches the caller of the throwing forms.
static void test_failure() {
  for (int form = 0; form < 8; form++) {
    bool nothrow = form >= 4;
    for (auto handler : {static_cast<std::new_handler>(nullptr), third_call_gives_up, throw_bad_alloc}) {
      int expected = handler == third_call_gives_up ? 3 : handler ? 1 : 0;
      handler_calls = 0;
      std::set_new_handler(handler);
      bool thrown = false;
      void *p = nullptr;
      try {
        p = fail_with(form);
      } catch (const std::bad_alloc &) {
        thrown = true;
      }
      std::set_new_handler(nullptr);
      CHECK(!p && thrown == !nothrow, "failing new, form %d: expected %s, found %p, thrown=%d", form,
            nothrow ? "NULL" : "bad_alloc", p, thrown);
      CHECK(handler_calls == expected, "failing new, form %d: expected %d calls of the handler, found %d",
            form, expected, handler_calls);
    }
    std::set_new_handler(throw_special);
    bool own = false;
    try {
      fail_with(form);
    } catch (const special &) {
      own = true;
    }
    std::set_new_handler(nullptr);
    CHECK(own == !nothrow, "failing new, form %d: expected the handler's exception %d, found %d", form,
          !nothrow, own);
  }
}

static void *reserve;

static void release_reserve() {
  free(reserve);
  reserve = nullptr;
  handler_calls++;
  std::set_new_handler(nullptr);
}

// A handler that frees memory is what the loop is for: the next turn succeeds.
static void test_handler_helps() {
  handler_calls = 0;
  reserve = malloc(1000);
  std::set_new_handler(release_reserve);
  try {
    fail_with(0);
    FAIL("an impossible new expected bad_alloc, found a block");
  } catch (const std::bad_alloc &) {
  }
  CHECK(handler_calls == 1 && !reserve, "handler expected to run once and free its reserve, found %d calls",
        handler_calls);
  check_block(operator new(100), 100, 16);
}

struct alignas(256) wide {
  char bytes[300];
};

// What ordinary code makes of it: containers, over-aligned types, arrays with cookies, exceptions from constructors.
struct thrower {
  std::string text = std::string(200, 'x');
  explicit thrower(bool fail) {
    if (fail)
      throw 1;
  }
};

static void test_library() {
  std::vector<std::string> words;
  for (int i = 0; i < 20000; i++)
    words.push_back(std::string(static_cast<size_t>(i % 700), static_cast<char>('a' + i % 26)));
  for (size_t i = 0; i < words.size(); i++)
    CHECK(words[i].size() == i % 700 && words[i].find_first_not_of(static_cast<char>('a' + i % 26)) ==
                                            std::string::npos,
          "string %zu expected kept, found changed", i);
  for (int i = 0; i < 1000; i++) {
    wide *one = new wide, *many = new wide[static_cast<size_t>(i % 5)];
    check_block(one, sizeof *one, 256);
    delete one;
    delete[] many;
    try {
      thrower t(i % 2 == 0);
    } catch (int) {
    }
  }
}

int main() {
  watchdog(60);
  test_plain();
  test_aligned();
  test_null();
  test_failure();
  test_handler_helps();
  test_library();
}
