// Allocations whose types the tests of types know: each in a function whose name says what is to be shown, "none" for
// nothing.  Never inlined, so that each is a row; what they call may be.
#include <cstdlib>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <new>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#define ROW   __attribute__((noinline))
#define AFTER asm volatile("" ::: "memory")
static void *volatile sink;

struct Session { // constructed elsewhere
  long fields[10];
  explicit Session(int user);
  virtual ~Session();
};
ROW Session::Session(int user) : fields{user} { AFTER; }
Session::~Session() {}

struct Inlined {
  long fields[11];
  Inlined() { fields[0] = 3; }
};

struct Buffered { // allocates while it is constructed, inlined
  char *buffer;
  long fields[12];
  __attribute__((always_inline)) Buffered() { buffer = new char[77]; }
};

struct BufferedFar {
  char *buffer;
  long fields[13];
  BufferedFar();
};
ROW BufferedFar::BufferedFar() {
  buffer = new char[78]; // line of BufferedFar
  AFTER;
}

struct Base {
  long fields[14];
  ROW Base() {
    fields[0] = 1;
    AFTER;
  }
};
struct Derived : Base { // as large, and without a constructor in the source
  long sum() { return fields[0]; }
};
struct DerivedToo : Base {
  DerivedToo() { fields[1] = 2; }
};

struct Named { // a temporary of its size is constructed between
  std::string name;
  explicit Named(const std::string &n) : name(n) { AFTER; }
};

struct Plain {
  long fields[16];
};

template <class T> struct Box {
  T value;
  long fields[17];
  ROW Box() : value() { AFTER; }
};

namespace {
struct Hidden {
  long fields[18];
  ROW Hidden() {
    fields[0] = 1;
    AFTER;
  }
};
} // namespace

struct Outer {
  struct Inner {
    long fields[19];
    ROW Inner() {
      fields[0] = 1;
      AFTER;
    }
  };
};

static std::string text(int n) { return std::string(static_cast<size_t>(100 + n), 'x'); }
static ROW void *pass(void *p) { return p; }

ROW void new_session(int n) { sink = new Session(n); AFTER; }
ROW void new_inlined() { sink = new Inlined; AFTER; }
ROW void new_derived() { sink = new Derived; AFTER; }
ROW void new_derived_too() { sink = new DerivedToo; AFTER; }
ROW void new_box() { sink = new Box<int>; AFTER; }
ROW void new_hidden() { sink = new Hidden; AFTER; }
ROW void new_inner() { sink = new Outer::Inner; AFTER; }
ROW void new_far() { sink = new BufferedFar; AFTER; }
ROW void none_plain() { sink = new Plain; AFTER; }
ROW void none_array() { sink = new Plain[3]; AFTER; }
ROW void none_bytes() { sink = malloc(333); AFTER; }
ROW void none_two() { // the constructor is of another object
  sink = malloc(sizeof(Session));
  Session local(1);
  sink = pass(&local);
  AFTER;
}
ROW void unique_session(int n) { sink = std::make_unique<Session>(n).release(); AFTER; }
ROW void unique_buffered() { sink = std::make_unique<Buffered>().release(); AFTER; }
ROW void unique_far() { sink = std::make_unique<BufferedFar>().release(); AFTER; }
ROW void unique_array() { sink = std::make_unique<Plain[]>(4).release(); AFTER; }
ROW void shared_session(int n) { static auto kept = std::make_shared<Session>(n); AFTER; }
ROW void vector_plain() { auto v = new (malloc(64)) std::vector<Plain>; sink = v; v->push_back(Plain{}); AFTER; }
ROW void vector_text(std::vector<std::string> *v, int n) { v->reserve(10); v->push_back(text(n)); AFTER; }
ROW void copied_text(std::vector<std::string> *v, const std::string &t) { v->push_back(t); AFTER; }
ROW void map_text(std::map<int, std::string> *m, const std::string &t) { (*m)[3] = t; AFTER; }
ROW void map_sets(std::map<int, std::set<int>> *m) { (*m)[4].insert(5); AFTER; }
ROW void hash_plain(std::unordered_map<long, Plain> *m) { (*m)[4] = Plain{}; AFTER; }
ROW void list_plain(std::list<Plain> *l) { l->push_back(Plain{}); AFTER; }
ROW void none_function() {
  Plain p{};
  static std::function<long()> f;
  f = [p] { return p.fields[3]; };
  AFTER;
}
ROW void new_named(int n) { sink = new Named(text(n)); AFTER; }

int main(int n, char **) {
  auto &words = *new std::vector<std::string>, &more = *new std::vector<std::string>;
  auto &m = *new std::map<int, std::string>;
  auto &s = *new std::map<int, std::set<int>>;
  auto &h = *new std::unordered_map<long, Plain>;
  auto &l = *new std::list<Plain>;
  std::string long_text = text(n);
  new_session(n), new_inlined(), new_derived(), new_derived_too(), new_box(), new_hidden(), new_inner(), new_far();
  none_plain(), none_array(), none_bytes(), none_two();
  unique_session(n), unique_buffered(), unique_far(), unique_array(), shared_session(n);
  more.reserve(2);
  vector_plain(), vector_text(&words, n), copied_text(&more, long_text), map_text(&m, long_text), map_sets(&s);
  hash_plain(&h), list_plain(&l), none_function(), new_named(n);
  return 0;
}
