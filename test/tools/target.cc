// A program whose functions the tests of names look up; it is never run.
// Linked without PIE and with a build-id, so that addresses are those of the file.
#include <cstdlib>
#include <new>

extern "C" void *xmalloc(std::size_t n) { return std::malloc(n); }
extern "C" void *my_wrapper(std::size_t n) { return xmalloc(n); }

namespace ns {
struct Parser {
  void *parse(int n);
  template <class T> T *make(T value) { return new T(value); }
};
void *Parser::parse(int n) { return my_wrapper(static_cast<std::size_t>(n)); }
} // namespace ns

// Inlined whatever the optimisation is: two frames within reader's own code.
#define INLINED inline __attribute__((always_inline))
namespace ns {
namespace {
INLINED void *take(int n) {
  return my_wrapper(static_cast<std::size_t>(n)); // line take
}
} // namespace
INLINED void *token(int n) {
  void *p = take(n); // line token
  return p;
}
} // namespace ns
extern "C" void *reader(int n) {
  return ns::token(n); // line reader
}

void *operator new(std::size_t n) { return xmalloc(n); }
void operator delete(void *p) noexcept { std::free(p); }
void operator delete(void *p, std::size_t) noexcept { std::free(p); }

extern "C" [[noreturn]] void last_call(void);
extern "C" void last_call(void) { std::abort(); }

int main() {
  ns::Parser p;
  return p.parse(1) != nullptr && p.make(7) != nullptr && reader(2) != nullptr ? 0 : 1;
}
