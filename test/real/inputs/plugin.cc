// What a plugin may do with memory: strings, streams, exceptions, aligned and refused news,
// containers, threads.
#include <cstdlib>
#include <cstring>
#include <iostream>
#include <map>
#include <memory>
#include <new>
#include <sstream>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace {
struct alignas(256) Wide {
  char bytes[300];
};

struct Object {
  std::map<std::string, std::vector<int>> table;
  std::unique_ptr<Wide> wide = std::make_unique<Wide>();
  std::shared_ptr<std::string> shared = std::make_shared<std::string>(700, 's');
};

int refused = 0;
thread_local std::string scratch =
    "made once in each thread, freed when it ends, longer than the short form";
} // namespace

extern "C" {
char *describe(int n) {
  std::ostringstream out;
  out << "number " << n << " in " << std::hex << n << ' ' << std::string(n % 600, '.').size() << ' '
      << scratch.size();
  if (n == 12345) {
    std::cout << "from the plugin: " << out.str() << std::endl;
    std::set_new_handler([] {
      ++refused;
      std::set_new_handler(nullptr);
    });
    // volatile: a constant size this large would not compile
    volatile std::size_t huge = SIZE_MAX / 4;
    try {
      delete[] new char[huge];
    } catch (const std::bad_alloc &e) {
      std::cout << e.what() << ", handler ran " << refused << ", nothrow gives "
                << (new (std::nothrow) char[huge] == nullptr) << std::endl;
    }
    std::string other;
    std::thread([&] { other = std::string(400, 't') + scratch; }).join();
    std::cout << other.size() << std::endl;
  }
  return strdup(out.str().c_str());
}

void *make(int n) {
  auto object = new Object;
  if (reinterpret_cast<std::uintptr_t>(object->wide.get()) % alignof(Wide))
    std::abort();
  for (int i = 0; i < n % 30; i++)
    object->table["key number " + std::to_string(i)].resize(i * 3);
  return object;
}

void destroy(void *object) { delete static_cast<Object *>(object); }

int fails(int n) {
  try {
    if (n % 3 == 0)
      throw std::runtime_error("thrown in the plugin: " + std::to_string(n));
    std::string().at(n % 2 ? 5 : 0);
  } catch (const std::out_of_range &e) {
    return std::strlen(e.what()) > 0;
  } catch (const std::exception &e) {
    return std::strlen(e.what()) > 20;
  }
  return 0;
}
}
