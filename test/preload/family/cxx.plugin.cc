// A C++ plugin for capp, the C program: its operators must be the shim's, though the program knows no C++.
#include <cstdlib>
#include <cstring>
#include <map>
#include <memory>
#include <new>
#include <stdexcept>
#include <string>
#include <vector>

static std::vector<std::unique_ptr<std::string>> kept;

extern "C" {

// A block that the C side frees, as plugins' interfaces do.
char *plugin_text(size_t n) {
  char *text = static_cast<char *>(operator new(n + 1));
  memset(text, 'p', n);
  text[n] = '\0';
  return text;
}

// A block that the C side allocated.
void plugin_delete(void *p) { operator delete(p); }
void plugin_delete_array(void *p) { operator delete[](p); }

// Containers, and an exception thrown through library frames. Returns 0 when all came out right.
int plugin_work(int rounds) {
  std::map<std::string, std::vector<int>> table;
  for (int i = 0; i < rounds; i++)
    table[std::to_string(i % 97)].push_back(i);
  int caught = 0;
  for (int i = 0; i < 100; i++)
    try {
      std::string("short").at(static_cast<size_t>(100 + i));
    } catch (const std::out_of_range &e) {
      caught += strlen(e.what()) > 0;
    }
  kept.push_back(std::make_unique<std::string>(300, 'k'));
  size_t sum = 0;
  for (auto &row : table)
    sum += row.second.size();
  return caught == 100 && sum == static_cast<size_t>(rounds) ? 0 : 1;
}

// A failing new inside the plugin throws here, and is caught here.
int plugin_fails_cleanly() {
  volatile size_t huge = SIZE_MAX / 2 + 1;
  bool thrown = false;
  try {
    free(operator new(huge));
  } catch (const std::bad_alloc &) {
    thrown = true;
  }
  return thrown && !operator new(huge, std::nothrow) ? 0 : 1;
}
}
