/* Micro workloads in C++: new and delete as they are, and under the library's containers.
 *
 *   micro_cxx WORKLOAD THREADS SCALE     (--list names them) */
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "micro.h"

namespace {

constexpr std::size_t slots = 1000;

struct node {
  node *next;
  long key[3];
};

/* Delete with the size, as g++ calls it for a complete type. */
void new_deep(job *j) {
  for (std::uint64_t i = 0; i < j->times; i++) {
    node *made = new node;
    taken(made);
    delete made;
  }
}

void prepare_slots(job *j) { j->slots = static_cast<void **>(bench_map(slots * sizeof(void *))); }

void new_random(job *j) {
  for (std::uint64_t i = 0; i < j->times; i++) {
    void **slot = &j->slots[(next_random(j) >> 20) % slots];
    ::operator delete(*slot);
    *slot = taken(::operator new(size_between(j, 16, 256)));
  }
}

/* A map of strings too long to lie in the object, one replaced at a time. */
void containers(job *j) {
  std::map<unsigned, std::string> rows;
  std::vector<unsigned> keys;
  for (std::uint64_t i = 0; i < j->times; i++) {
    unsigned key = static_cast<unsigned>(next_random(j) >> 20) % 4096;
    if (rows.erase(key) == 0)
      rows.emplace(key, std::string(20 + key % 60, 'x'));
    keys.push_back(key);
    if (keys.size() == 1000)
      std::vector<unsigned>().swap(keys);
  }
}

const workload workloads[] = {
    {"new-deep", "1 2", "pair", 40000000, new_deep, nullptr, 0},
    {"new-random", "1 2", "pair", 15000000, new_random, prepare_slots, 0},
    {"containers", "1", "change", 1500000, containers, nullptr, 0},
};

} // namespace

int main(int argc, char **argv) {
  return micro_main(argc, argv, workloads, sizeof workloads / sizeof *workloads);
}
