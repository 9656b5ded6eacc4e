// Every count of every C++ call site equals the program's own books (tags_books.h): templates, inlining,
// exceptions, all forms of new.  Usage: tags_truth_cxx DEPTH     under ARENASHIM_TAG=stack:DEPTH
#include "tags_books.h"
#include <array>
#include <map>
#include <new>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#define FAR __attribute__((noinline))

// Finds an object by its address, for allocators that must free what they gave.
static struct object table[1 << 14];
PLAIN static void keep(struct object o) {
  size_t i = (uintptr_t)o.p / 16 % (1 << 14);
  while (table[i].p != nullptr)
    i = (i + 1) % (1 << 14);
  table[i] = o;
}
PLAIN static void gone(void *p) {
  size_t i = (uintptr_t)p / 16 % (1 << 14), tries = 0;
  while (table[i].p != p) {
    CHECK(++tries < 1 << 14, "%p is known", p);
    i = (i + 1) % (1 << 14);
  }
  book_drop(&table[i]);
  table[i].p = nullptr;
  // close the gap: later ones may have been put beyond it
  for (size_t k = (i + 1) % (1 << 14); table[k].p != nullptr; k = (k + 1) % (1 << 14)) {
    struct object o = table[k];
    table[k].p = nullptr;
    keep(o);
  }
}

template <class T> struct booked {
  using value_type = T;
  booked() = default;
  template <class U> booked(const booked<U> &) {}
  T *allocate(size_t n) {
    struct object o = NEW(::operator new(n * sizeof(T)), n * sizeof(T));
    keep(o);
    return static_cast<T *>(o.p);
  }
  void deallocate(T *p, size_t) {
    gone(p);
    ::operator delete(p);
  }
  bool operator==(const booked &) const { return true; }
  bool operator!=(const booked &) const { return false; }
};

template <class T> using list = std::vector<T, booked<T>>;
using text = std::basic_string<char, std::char_traits<char>, booked<char>>;
template <class K, class V> using dictionary = std::map<K, V, std::less<K>, booked<std::pair<const K, V>>>;

template <int N> struct level {
  static FAR int go(int x) {
    list<std::array<char, N * 8>> l(static_cast<size_t>(x % 5 + 1));
    return x % 3 == 0 ? level<N - 1>::go(x / 2) : level<N - 1>::near(x + 1);
  }
  static inline int near(int x) {
    list<int> l;
    for (int i = 0; i < x % 9; i++)
      l.push_back(i);
    return level<N - 1>::go(x) + static_cast<int>(l.size());
  }
};
template <> struct level<0> {
  static FAR int go(int x) { return x; }
  static inline int near(int x) { return x; }
};

struct shape {
  virtual ~shape() = default;
  virtual int area() = 0;
};
template <class T> struct square : shape {
  list<T> side;
  explicit square(int n) : side(static_cast<size_t>(n)) {}
  int area() override {
    dictionary<int, text> names;
    for (size_t i = 0; i < side.size(); i++)
      names[static_cast<int>(i % 4)].append(40 + i, 'x');
    return static_cast<int>(names.size());
  }
};

FAR static void containers() {
  int sum = 0;
  for (int i = 0; i < 200; i++)
    sum += level<6>::go(i);
  square<char> a(10);
  square<double> b(20);
  for (shape *s : {static_cast<shape *>(&a), static_cast<shape *>(&b)})
    sum += s->area();
  CHECK(sum > 0, "work done");
}

static list<int> lasting; // alive when compared
FAR static void grows(int n) {
  if (n == 0)
    return;
  lasting.push_back(n);
  grows(n - 1);
}

FAR static void throws(int depth) {
  list<long> l(static_cast<size_t>(depth + 1));
  if (depth == 0)
    throw std::runtime_error("as planned");
  try {
    throws(depth - 1);
  } catch (std::logic_error &) {
    l.resize(100);
  }
}
FAR static void exceptions() {
  for (int i = 0; i < 20; i++)
    try {
      throws(i);
    } catch (std::exception &) {
      list<int> after(7);
    }
}

FAR static void operators() {
  const std::align_val_t wide{64}, wider{4096};
  for (size_t n = 1; n < 3000; n = n * 3 / 2 + 1) {
    struct object o[] = {NEW(::operator new(n), n),
                         NEW(::operator new[](n), n),
                         NEW(::operator new(n, std::nothrow), n),
                         NEW(::operator new[](n, std::nothrow), n),
                         NEW(::operator new(n, wide), n),
                         NEW(::operator new[](n, wider), n),
                         NEW(::operator new(n, wide, std::nothrow), n),
                         NEW(::operator new[](n, wide, std::nothrow), n)};
    DROP(o[0], ::operator delete(o[0].p));
    DROP(o[1], ::operator delete[](o[1].p));
    DROP(o[4], ::operator delete(o[4].p, wide));
    DROP(o[5], ::operator delete[](o[5].p, wider));
    DROP(o[6], ::operator delete(o[6].p, n, wide));
  }
}

int main(int argc, char **argv) {
  watchdog(200);
  books_open(static_cast<unsigned>(arg_long(argc, argv, 1, 8)));
  const std::pair<const char *, void (*)()> cases[] = {
      {"containers", containers}, {"exceptions", exceptions}, {"operators", operators}};
  grows(100);
  for (auto &c : cases) {
    c.second();
    if (books_compare(c.first))
      return 1;
  }
  SAY("%d paths, %llu requests\n", (int)books.paths, (unsigned long long)books.sum_allocs);
  fflush(stdout);
  _exit(0); // the books end before the last destructors
}
