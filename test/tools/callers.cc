// A program whose main calls one function from three lines, and one of them from two places; it is
// never run.
#include <cstdlib>

extern "C" __attribute__((noinline)) void *make(std::size_t n) {
  return std::malloc(n);
}

int main() {
  void *a = make(1);              // line first
  void *b = make(2);              // line second
  void *c[] = {make(3), make(4)}; // line twice
  return a != b && c[0] != c[1] ? 0 : 1;
}
