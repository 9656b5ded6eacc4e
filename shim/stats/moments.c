/* Chooses the moment that is missed least; contract in moments.h. */
#include "moments.h"

#include <string.h>

static uint64_t time_of(const struct moments *m, unsigned i) { return m->time_ns[m->order[i]]; }

/* With these steps an even half and a finer half of a day fit into `capacity` places. */
static double wanted(const struct moments *m, uint64_t age, uint64_t life) {
  double least = (double)m->base_ns, most = (double)life / (m->capacity / 2.0);
  double distance = (double)age / (m->capacity / 20.0);
  if (distance > most)
    distance = most;
  return distance > least ? distance : least;
}

/* The index in `order` of the moment to give up: neither the first nor the newest. */
static unsigned least_missed(const struct moments *m, uint64_t now) {
  unsigned best = 1;
  double closest = -1;
  for (unsigned i = 1; i + 1 < m->count; i++) {
    if (m->order[i] == m->highest)
      continue;
    double gap = (double)(time_of(m, i + 1) - time_of(m, i - 1));
    gap /= wanted(m, now - time_of(m, i), now - time_of(m, 0));
    if (closest < 0 || gap < closest) {
      closest = gap;
      best = i;
    }
  }
  return best;
}

/* Takes a place out of the order. */
static unsigned give_up(struct moments *m, unsigned i) {
  unsigned place = m->order[i];
  memmove(&m->order[i], &m->order[i + 1], m->count - i - 1);
  m->count--;
  return place;
}

unsigned moments_add(struct moments *m, uint64_t time_ns, uint64_t value) {
  unsigned place = m->count < m->capacity ? m->count : give_up(m, least_missed(m, time_ns));
  m->order[m->count++] = (uint8_t)place;
  m->time_ns[place] = time_ns;
  if (value > m->most) {
    m->most = value;
    m->highest = place;
  }
  return place;
}
