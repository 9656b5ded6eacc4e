// The demo's work for a compiler: a small text query engine, written with as much of the template
// library as it will bear. g++ -O1 takes some seconds for it and asks malloc for more than a
// million small objects.
#include <algorithm>
#include <array>
#include <functional>
#include <iostream>
#include <map>
#include <numeric>
#include <optional>
#include <regex>
#include <set>
#include <sstream>
#include <string>
#include <tuple>
#include <type_traits>
#include <unordered_map>
#include <utility>
#include <variant>
#include <vector>

// Lists of types, and what can be computed of them before the program runs.
template <class... Ts> struct List { static constexpr std::size_t size = sizeof...(Ts); };

template <class A, class B> struct Join;
template <class... As, class... Bs> struct Join<List<As...>, List<Bs...>> {
  using type = List<As..., Bs...>;
};

template <template <class> class Keep, class L> struct Filter;
template <template <class> class Keep> struct Filter<Keep, List<>> { using type = List<>; };
template <template <class> class Keep, class T, class... Ts> struct Filter<Keep, List<T, Ts...>> {
  using rest = typename Filter<Keep, List<Ts...>>::type;
  using type = std::conditional_t<Keep<T>::value, typename Join<List<T>, rest>::type, rest>;
};

template <int N> using Number = std::integral_constant<int, N>;
template <class T> struct IsPrime {
  template <int... D> static constexpr bool test(std::integer_sequence<int, D...>) {
    return T::value > 1 && ((T::value % (D + 2) != 0 || D + 2 >= T::value) && ...);
  }
  static constexpr bool value = test(std::make_integer_sequence<int, 15>{});
};

template <class Sequence> struct Numbers;
template <int... N> struct Numbers<std::integer_sequence<int, N...>> {
  using type = List<Number<N>...>;
};
using Primes = Filter<IsPrime, Numbers<std::make_integer_sequence<int, 100>>::type>::type;
static_assert(Primes::size == 25);

// Values of a query, and ranges that are filtered, mapped and folded lazily.
using Value = std::variant<std::monostate, long, std::string, std::map<std::string, std::string>,
                           std::set<long>>;

template <class... Fs> struct Overloaded : Fs... { using Fs::operator()...; };
template <class... Fs> Overloaded(Fs...) -> Overloaded<Fs...>;

template <class Range, class Step> struct View {
  const Range &range;
  Step step;
  template <class F> auto map(F f) const {
    auto next = [f, s = step](auto &&x, auto &&yield) { s(x, [&](auto &&y) { yield(f(y)); }); };
    return View<Range, decltype(next)>{range, next};
  }
  template <class F> auto filter(F f) const {
    auto next = [f, s = step](auto &&x, auto &&yield) {
      s(x, [&](auto &&y) {
        if (f(y))
          yield(y);
      });
    };
    return View<Range, decltype(next)>{range, next};
  }
  template <class Into> Into into() const {
    Into all;
    for (const auto &x : range)
      step(x, [&](auto &&y) { all.insert(all.end(), y); });
    return all;
  }
};

template <class Range> auto view(const Range &range) {
  auto same = [](auto &&x, auto &&yield) { yield(x); };
  return View<Range, decltype(same)>{range, same};
}

// What two values of any two types make: 25 combinations for the compiler to write.
struct Combine {
  template <class A, class B> std::string operator()(const A &a, const B &b) const {
    std::ostringstream out;
    print(out, a);
    out << (std::is_same_v<A, B> ? " and also " : " with ");
    print(out, b);
    return out.str();
  }
  template <class T> static void print(std::ostream &out, const T &x) {
    if constexpr (std::is_same_v<T, std::monostate>)
      out << "nothing";
    else if constexpr (std::is_arithmetic_v<T> || std::is_same_v<T, std::string>)
      out << x;
    else
      for (const auto &item : x)
        print(out, item);
  }
  template <class A, class B> static void print(std::ostream &out, const std::pair<A, B> &p) {
    out << p.first << '=' << p.second;
  }
};

template <int N> struct Rule {
  static std::optional<Value> apply(const std::string &line) {
    static const std::regex pattern("(\\w+)\\s*=\\s*(\\d{" + std::to_string(N % 9 + 1) +
                                    "})(?:;|$)");
    std::smatch match;
    if (!std::regex_search(line, match, pattern))
      return std::nullopt;
    std::unordered_map<std::string, std::tuple<Number<N>, std::string, long>> seen;
    seen.try_emplace(match[1], Number<N>{}, match[2], std::stol(match[2]));
    return Value(std::get<2>(seen.begin()->second) + N);
  }
};

template <class... Ns> std::vector<Value> apply_all(const std::string &line, List<Ns...>) {
  std::vector<Value> found;
  ((Rule<Ns::value>::apply(line) ? found.push_back(*Rule<Ns::value>::apply(line)) : void()), ...);
  return found;
}

int main() {
  const std::vector<std::string> lines = {"size = 512;", "count=7", "nothing here",
                                          "limit = 16384;"};
  std::vector<Value> values = {std::string("text"), std::set<long>{1, 2}, std::monostate{}};
  using Few = List<Number<2>, Number<3>>;
  for (const auto &line : lines)
    for (auto &value : apply_all(line, Few{}))
      values.push_back(std::move(value));
  for (const auto &a : values)
    std::cout << std::visit(Combine{}, a, values.back()) << '\n';
  const auto lengths = view(lines)
                           .filter([](const std::string &s) { return s.size() > 7; })
                           .map([](const std::string &s) { return static_cast<long>(s.size()); })
                           .into<std::set<long>>();
  const auto describe =
      Overloaded{[](long n) { return n > 10; }, [](const auto &) { return false; }};
  return std::accumulate(values.begin(), values.end(), static_cast<int>(lengths.size()),
                         [&](int sum, const Value &v) { return sum + std::visit(describe, v); }) > 0
             ? 0
             : 1;
}
