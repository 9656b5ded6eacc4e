// A file that makes a compiler work: templates of the standard library and a few recursive ones of
// our own.
#include <algorithm>
#include <array>
#include <map>
#include <numeric>
#include <optional>
#include <stdexcept>
#include <string>
#include <tuple>
#include <unordered_map>
#include <utility>
#include <variant>
#include <vector>

template <std::size_t N>
struct Fib : std::integral_constant<std::size_t, Fib<N - 1>::value + Fib<N - 2>::value> {};
template <> struct Fib<0> : std::integral_constant<std::size_t, 0> {};
template <> struct Fib<1> : std::integral_constant<std::size_t, 1> {};

template <int N> struct Tag {
  int id = N;
  std::string name() const { return "tag" + std::to_string(N); }
};

template <int... N> std::size_t count_names(std::integer_sequence<int, N...>) {
  std::variant<Tag<N>...> any;
  std::map<std::string, std::tuple<Tag<N>...>> table;
  std::unordered_map<int, std::vector<std::string>> names;
  ((any = Tag<N>{}, table[Tag<N>{}.name()],
    names[N].push_back(std::visit([](auto &t) { return t.name(); }, any))),
   ...);
  return table.size() + names.size();
}

template <class T> std::optional<T> largest(const std::vector<T> &all) {
  const auto best = std::max_element(all.begin(), all.end());
  return best == all.end() ? std::nullopt : std::optional<T>(*best);
}

int main(int argc, char **) {
  std::array<int, 100> numbers;
  std::iota(numbers.begin(), numbers.end(), argc);
  std::stable_sort(numbers.begin(), numbers.end(), [](int a, int b) { return a % 7 < b % 7; });
  std::vector<std::string> words;
  for (int n : numbers)
    words.push_back(std::to_string(n));
  try {
    if (!largest(words))
      throw std::runtime_error("empty");
  } catch (const std::exception &) {
    return 1;
  }
  return count_names(std::make_integer_sequence<int, 8>{}) + Fib<60>::value % 3 == 16 ? 0 : 2;
}
