// malloc and free after the allocator's own thread-exit handler: destructors of 40 pthread keys in all their four
// rounds, and of thread_local C++ objects, some beside a thread that takes over the arena. thread_exit [THREADS = 2000].
// They must work, and leak nothing.
#include "../check.h"
#include <atomic>
#include <climits>
#include <string>
#include <vector>

enum { KEYS = 40, SLACK = 4 << 20 }; // beyond 32 keys, pthread_setspecific itself allocates
enum { BESIDE = 200, SLOTS = 64, OPERATIONS = 50000 };

struct record {
  int round, key;
  char *text;
};

static pthread_key_t keys[KEYS];
static int rounds_seen[KEYS][PTHREAD_DESTRUCTOR_ITERATIONS + 1];

// Were two threads to use one arena, they would soon find each other's marks.
static void *churn(void *mark) {
  static const size_t sizes[] = {16, 48, 100, 300};
  void *slots[SLOTS] = {};
  for (int i = 0; i < OPERATIONS; i++) {
    void *&slot = slots[i * 7 % SLOTS];
    CHECK(!slot || *static_cast<void **>(slot) == mark, "an object of this thread expected, found another's mark");
    free(slot);
    slot = must(malloc(sizes[i % 4]));
    *static_cast<void **>(slot) = mark;
  }
  for (void *p : slots)
    free(p);
  return nullptr;
}

static void churn_beside() {
  int mine, others;
  pthread_t other = thread_start(churn, &others);
  churn(&mine);
  pthread_join(other, nullptr);
}

static record *record_new(int round, int key) {
  record *r = static_cast<record *>(must(malloc(sizeof *r)));
  size_t n = static_cast<size_t>(key * 13 % 500 + (key == 7 ? 3000 : 0));
  *r = {round, key, static_cast<char *>(must(malloc(n + 1)))};
  memset(r->text, 'r', n);
  r->text[n] = '\0';
  return r;
}

// Frees what the last round made and makes anew, until the rounds are used up; the last round only frees.
static void record_end(void *p) {
  record *r = static_cast<record *>(p);
  size_t n = static_cast<size_t>(r->key * 13 % 500 + (r->key == 7 ? 3000 : 0));
  CHECK(strlen(r->text) == n, "text of %zu bytes expected in a destructor, found %zu", n, strlen(r->text));
  __atomic_fetch_add(&rounds_seen[r->key][r->round], 1, __ATOMIC_RELAXED);
  static std::atomic<long> ends;
  if (r->key == 0 && r->round == 1 && ends++ % BESIDE == 0)
    churn_beside();
  for (size_t size = 0; size < 600; size += 37)
    free(must(realloc(must(calloc(1, size)), size + 50)));
  if (r->round + 1 < PTHREAD_DESTRUCTOR_ITERATIONS)
    pthread_setspecific(keys[r->key], record_new(r->round + 1, r->key));
  free(r->text);
  free(r);
}

struct belongings {
  std::vector<std::string> words;
  ~belongings() {
    words.push_back(std::string(400, 'd'));
    words.erase(words.begin());
    for (auto &w : words)
      CHECK(w.size() >= 50, "strings expected whole in a thread_local destructor, found %zu bytes", w.size());
  }
};

static thread_local belongings mine;

static void *live(void *arg) {
  long number = reinterpret_cast<long>(arg);
  for (int i = 0; i < 40; i++)
    mine.words.push_back(std::string(static_cast<size_t>(50 + i * 10), 'w'));
  for (int i = 0; i < KEYS; i++)
    pthread_setspecific(keys[i], record_new(0, i));
  if (number % 3 == 0)
    pthread_exit(nullptr);
  return nullptr;
}

// The heap's first use by this thread is in its destructors.
static void *live_late(void *) {
  pthread_setspecific(keys[0], record_new(0, 0));
  return nullptr;
}

int main(int argc, char **argv) {
  long threads = arg_long(argc, argv, 1, 2000), before = 0;
  watchdog(60 + static_cast<unsigned>(threads / 100));
  for (auto &key : keys)
    CHECK(pthread_key_create(&key, record_end) == 0, "pthread_key_create expected 0, found another");
  for (long i = 0; i < threads; i += 4) {
    pthread_t running[4];
    for (long t = 0; t < 4; t++)
      running[t] = thread_start(t == 3 ? live_late : live, reinterpret_cast<void *>(i + t));
    for (auto t : running)
      pthread_join(t, nullptr);
    if (!before && i >= threads / 10)
      before = resident_bytes();
  }
  for (int round = 0; round < PTHREAD_DESTRUCTOR_ITERATIONS; round++)
    CHECK(rounds_seen[1][round] == rounds_seen[1][0] && rounds_seen[1][0] > 0,
          "destructor round %d expected %d times, found %d", round, rounds_seen[1][0], rounds_seen[1][round]);
  long grown = resident_bytes() - before;
  CHECK(grown < SLACK, "resident memory expected flat over %ld threads, found %ld KiB more", threads,
        grown / 1024);
}
