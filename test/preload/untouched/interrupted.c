/* Which calls a dump's signal interrupts, although its handler asks for a restart.
 *
 * `interrupted all` makes each in the main thread; while it waits it gets the signal, then what it
 * waits for, or its time is up.  A line a call: "poll EINTR", "read restarted".
 *
 * `interrupted thread` polls, while a second thread, whose number is printed, waits for a
 * condition; `interrupted call` polls, while a second thread calls arenashim_dump.  Both print what
 * poll did.
 */
#define _GNU_SOURCE
#include "../../../shim/arenashim.h"
#include "../check.h"

#include <poll.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <sys/epoll.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/msg.h>
#include <sys/select.h>
#include <sys/sem.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>

enum { SIGNAL_AFTER_US = 60000, MORE_AFTER_US = 60000, MS = 250 };

static int ends[2], sockets[2], queue, semaphores;
static sem_t posix_semaphore;
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t condition = PTHREAD_COND_INITIALIZER;
static _Atomic int waits; /* 1: a call is about to be made */
static const struct timespec span = {.tv_nsec = MS * 1000000L};

static struct timespec until(void) {
  struct timespec t;
  clock_gettime(CLOCK_REALTIME, &t);
  t.tv_sec++;
  return t;
}

static int call_poll(void) {
  return poll(&(struct pollfd){.fd = ends[0], .events = POLLIN}, 1, MS);
}
static int call_ppoll(void) {
  return ppoll(&(struct pollfd){.fd = ends[0], .events = POLLIN}, 1, &span, NULL);
}
static int call_select(void) {
  fd_set set;
  FD_ZERO(&set);
  FD_SET(ends[0], &set);
  return select(ends[0] + 1, &set, NULL, NULL, &(struct timeval){.tv_usec = MS * 1000});
}
static int call_pselect(void) { return pselect(0, NULL, NULL, NULL, &span, NULL); }
static int call_epoll_wait(void) {
  struct epoll_event event = {.events = EPOLLIN};
  int fd = epoll_create1(0);
  epoll_ctl(fd, EPOLL_CTL_ADD, ends[0], &event);
  int got = epoll_wait(fd, &event, 1, MS), error = errno;
  close(fd);
  errno = error;
  return got;
}
static int call_nanosleep(void) { return nanosleep(&span, NULL); }
static int call_clock_nanosleep(void) {
  errno = clock_nanosleep(CLOCK_MONOTONIC, 0, &span, NULL);
  return errno == 0 ? 0 : -1;
}
static int call_usleep(void) { return usleep(MS * 1000); }
static int call_pause(void) { return pause(); }
static int call_sigtimedwait(void) {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGUSR1);
  return sigtimedwait(&set, NULL, &span);
}
static int call_msgrcv(void) {
  struct {
    long type;
    char text[8];
  } m;
  return (int)msgrcv(queue, &m, sizeof m.text, 0, 0);
}
static int call_semop(void) { return semop(semaphores, &(struct sembuf){.sem_op = -1}, 1); }
static int call_semtimedop(void) {
  return semtimedop(semaphores, &(struct sembuf){.sem_op = -1}, 1, &span);
}
static int call_recv_timeout(void) {
  char c;
  struct timeval t = {.tv_usec = MS * 1000};
  setsockopt(sockets[0], SOL_SOCKET, SO_RCVTIMEO, &t, sizeof t);
  int got = (int)recv(sockets[0], &c, 1, 0), error = errno;
  setsockopt(sockets[0], SOL_SOCKET, SO_RCVTIMEO, &(struct timeval){0}, sizeof t);
  errno = error;
  return got;
}
static int call_recv(void) {
  char c;
  return (int)recv(sockets[0], &c, 1, 0);
}
static int call_read(void) {
  char c;
  return (int)read(ends[0], &c, 1);
}
static int call_waitpid(void) {
  pid_t child = fork();
  if (child == 0) {
    usleep(MS * 1000);
    _exit(0);
  }
  return waitpid(child, NULL, 0);
}
static int call_sem_wait(void) { return sem_wait(&posix_semaphore); }
static int call_sem_timedwait(void) {
  struct timespec t = until();
  return sem_timedwait(&posix_semaphore, &t);
}
static int call_cond_timedwait(void) {
  struct timespec t = until();
  pthread_mutex_lock(&mutex);
  errno = pthread_cond_timedwait(&condition, &mutex, &t);
  int got = errno == 0 || errno == ETIMEDOUT ? 0 : -1;
  pthread_mutex_unlock(&mutex);
  return got;
}

static const struct {
  const char *name;
  int (*make)(void);
} calls[] = {
    {"poll", call_poll},
    {"ppoll", call_ppoll},
    {"select", call_select},
    {"pselect", call_pselect},
    {"epoll_wait", call_epoll_wait},
    {"nanosleep", call_nanosleep},
    {"clock_nanosleep", call_clock_nanosleep},
    {"usleep", call_usleep},
    {"pause", call_pause},
    {"sigtimedwait", call_sigtimedwait},
    {"msgrcv", call_msgrcv},
    {"semop", call_semop},
    {"semtimedop", call_semtimedop},
    {"recv with SO_RCVTIMEO", call_recv_timeout},
    {"recv", call_recv},
    {"read", call_read},
    {"waitpid", call_waitpid},
    {"sem_wait", call_sem_wait},
    {"sem_timedwait", call_sem_timedwait},
    {"pthread_cond_timedwait", call_cond_timedwait},
};

/* What each waits for, some time after the signal. */
static void *helper(void *unused) {
  for (;;) {
    while (atomic_load(&waits) == 0)
      usleep(1000);
    usleep(SIGNAL_AFTER_US);
    kill(getpid(), SIGUSR2);
    usleep(MORE_AFTER_US);
    CHECK(write(ends[1], "x", 1) == 1 && write(sockets[1], "x", 1) == 1, "write");
    struct {
      long type;
      char text[8];
    } m = {1, "x"};
    msgsnd(queue, &m, sizeof m.text, 0);
    semop(semaphores, &(struct sembuf){.sem_op = 1}, 1);
    sem_post(&posix_semaphore);
    pthread_cond_signal(&condition);
    atomic_store(&waits, 0);
  }
  return unused;
}

/* Takes what the last call left. */
static void clean(void) {
  struct {
    long type;
    char text[64];
  } m;
  char bytes[64];
  while (atomic_load(&waits) != 0)
    usleep(1000);
  while (poll(&(struct pollfd){.fd = ends[0], .events = POLLIN}, 1, 0) == 1)
    CHECK(read(ends[0], bytes, sizeof bytes) > 0, "read");
  while (recv(sockets[0], bytes, sizeof bytes, MSG_DONTWAIT) > 0)
    ;
  while (msgrcv(queue, &m, sizeof m.text, 0, IPC_NOWAIT) >= 0)
    ;
  while (semop(semaphores, &(struct sembuf){.sem_op = -1, .sem_flg = IPC_NOWAIT}, 1) == 0)
    ;
  while (sem_trywait(&posix_semaphore) == 0)
    ;
}

static void all(void) {
  pthread_t thread;
  sigset_t set, before;
  sigfillset(&set);
  pthread_sigmask(SIG_BLOCK, &set, &before);
  CHECK(pthread_create(&thread, NULL, helper, NULL) == 0, "thread");
  pthread_sigmask(SIG_SETMASK, &before, NULL);
  for (unsigned i = 0; i < sizeof calls / sizeof *calls; i++) {
    errno = 0;
    atomic_store(&waits, 1);
    int got = calls[i].make(), error = errno;
    SAY("%s %s\n", calls[i].name, got < 0 && error == EINTR ? "EINTR" : "restarted");
    clean();
  }
  msgctl(queue, IPC_RMID, NULL);
  semctl(semaphores, 0, IPC_RMID);
}

static void *condition_wait(void *unused) {
  SAY("%d\n", (int)syscall(SYS_gettid));
  pthread_mutex_lock(&mutex);
  pthread_cond_wait(&condition, &mutex);
  return unused;
}

static void *dump_call(void *unused) {
  usleep(SIGNAL_AFTER_US);
  CHECK(arenashim_dump(NULL) == 0, "dump");
  return unused;
}

static void polled(void *(*other)(void *)) {
  pthread_t thread;
  CHECK(pthread_create(&thread, NULL, other, NULL) == 0, "thread");
  int got = poll(NULL, 0, 1500);
  SAY("poll %s\n", got < 0 && errno == EINTR ? "EINTR" : "not interrupted");
}

int main(int argc, char **argv) {
  CHECK(argc == 2 && pipe(ends) == 0 && socketpair(AF_UNIX, SOCK_STREAM, 0, sockets) == 0, "start");
  queue = msgget(IPC_PRIVATE, 0600);
  semaphores = semget(IPC_PRIVATE, 1, 0600);
  sem_init(&posix_semaphore, 0, 0);
  if (strcmp(argv[1], "all") == 0)
    all();
  else
    polled(strcmp(argv[1], "thread") == 0 ? condition_wait : dump_call);
  return 0;
}
