// The same in C++: every form of new, the library's containers and strings, templates.
// Not here: a nothrow new that is refused. libstdc++ throws and catches an exception within it; so
// do we, by libstdc++'s own, which the shim looks up by a dlopen that allocates.
#include <cstdlib>
#include <map>
#include <memory>
#include <new>
#include <string>
#include <vector>

#define APART __attribute__((noipa))

// What is used can't be left out by the compiler.
APART void *use(void *p) { return p; }

namespace shop {
struct alignas(128) Wide {
  char bytes[128];
};

template <class T> struct Shelf {
  std::vector<T> items;
  APART void fill(const T &item, int n) {
    for (int i = 0; i < n; i++)
      items.push_back(item);
  }
};

struct Base {
  virtual ~Base() = default;
  virtual int run(int n) = 0;
};
struct Tree : Base {
  std::unique_ptr<Tree> left, right;
  APART int run(int n) override {
    if (n == 0)
      return 1;
    left = std::make_unique<Tree>();
    right = std::make_unique<Tree>();
    return left->run(n - 1) + right->run(n - 1);
  }
};

APART int forms(int n) {
  int sum = 0;
  for (int i = 0; i < n; i++) {
    int *one = new int(i), *many = new int[static_cast<std::size_t>(i) + 1]();
    int *quiet = new (std::nothrow) int(1);
    auto *quiet_many = new (std::nothrow) int[10]();
    Wide *wide = new Wide(), *wides = new Wide[2]();
    for (void *p : std::initializer_list<void *>{one, many, quiet, quiet_many, wide, wides})
      use(p);
    sum += *one + many[0] + *quiet + quiet_many[3] + wide->bytes[0] + wides[1].bytes[0];
    delete one;
    delete[] many;
    delete quiet;
    delete[] quiet_many;
    delete wide;
    delete[] wides;
  }
  return sum;
}

APART std::size_t words(int n) {
  std::map<std::string, std::vector<int>> index;
  for (int i = 0; i < n; i++) {
    std::string word(static_cast<std::size_t>(i % 40), 'x');
    word += std::to_string(i % 7);
    word.append("a tail that does not fit into the string itself");
    index[word].push_back(i);
  }
  return index.size();
}

APART int refused(std::size_t bytes) {
  try {
    delete[] static_cast<char *>(use(new char[bytes]));
  } catch (const std::bad_alloc &) {
    return 1;
  }
  return 0;
}
} // namespace shop

int main() {
  shop::Shelf<int> ints;
  shop::Shelf<std::string> strings;
  ints.fill(7, 1000);
  strings.fill("longer than a string keeps within itself", 100);
  auto tree = std::make_unique<shop::Tree>();
  volatile std::size_t too_much = static_cast<std::size_t>(-1) / 4;
  int ok = tree->run(6) == 64 && shop::forms(12) > 0 && shop::words(500) > 0 && shop::refused(too_much) == 1;
  std::free(use(std::malloc(33)));
  return ok ? 0 : 1;
}
