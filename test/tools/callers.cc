// A program whose main calls one function from three lines, and from one of them twice; it is never
// run.
#include <cstdlib>

extern "C" void *make(std::size_t n);
extern "C" void *make(std::size_t n) {
  return std::malloc(n); // line malloc
}

int main() {
  void *a = make(1);              // line first
  void *b = make(2);              // line second
  void *c[] = {make(3), make(4)}; // line twice
  return a != b && c[0] != c[1] ? 0 : 1;
}
