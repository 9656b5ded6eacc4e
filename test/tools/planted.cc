// A program with a leak and a waste planted: what `arenashim run` has to find.
//
// `Journal::remember` keeps 10 MB that nobody frees; `Cache::keep_one_in_fifty` allocates many small
// objects and frees all but one in fifty, so that few objects pin many slabs.
#include <cstddef>
#include <memory>
#include <string>
#include <vector>

namespace {

class Journal {
public:
  void remember(std::size_t bytes) { entries_.push_back(new char[bytes]); }

private:
  std::vector<char *> entries_;
};

struct Entry {
  char text[200];
};

class Cache {
public:
  void keep_one_in_fifty(int entries) {
    std::vector<std::unique_ptr<Entry>> all;
    for (int i = 0; i < entries; i++)
      all.push_back(std::make_unique<Entry>());
    for (int i = 0; i < entries; i += 50)
      kept_.push_back(std::move(all[static_cast<std::size_t>(i)]));
  }

private:
  std::vector<std::unique_ptr<Entry>> kept_;
};

std::size_t count_words(int texts) {
  std::size_t length = 0;
  for (int i = 0; i < texts; i++)
    length += std::string(static_cast<std::size_t>(100 + i % 50), 'x').size();
  return length;
}

} // namespace

int main(int argc, char **) {
  static Journal *journal = new Journal;
  static Cache *cache = new Cache;
  for (int i = 0; i < 10000; i++)
    journal->remember(1000);
  cache->keep_one_in_fifty(40000);
  return count_words(30000) > 0 && argc == 1 ? 0 : 3;
}
