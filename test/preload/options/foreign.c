/* Names of threads, arenas, regions and labels that hold every byte and character which a terminal
 * would obey, or that hides itself or its neighbours: `foreign`; `foreign stray FILE` frees a
 * pointer into a mapping of FILE. */
#include "../../../shim/arenashim.h"
#include "../check.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <unistd.h>

/* Characters of two bytes and more: first, last. */
static const unsigned ranges[][2] = {{0x80, 0x9F},       {0xAD, 0xAD},       {0x61C, 0x61C},
                                     {0x180E, 0x180E},   {0x200B, 0x200F},   {0x2028, 0x202E},
                                     {0x2060, 0x206F},   {0xFEFF, 0xFEFF},   {0xFFF9, 0xFFFB},
                                     {0x1BCA0, 0x1BCA3}, {0x1D173, 0x1D17A}, {0xE0000, 0xE007F}};
/* Ends that are missing, overlong forms, a surrogate, too large, bytes that start nothing. */
static const char *const broken[] = {
    "\xff\xfe",     "\xc2",  "a\xe2\x82",        "\xc0\x80", "\xed\xa0\x80", "\xf4\x90\x80\x80",
    "\xf0\x9f\x98", "\x80z", "\xe0\x80\x9b[31m", "%s%n",     "a;b c\\d\"'<", ""};

static char *utf8_put(char *to, unsigned code) {
  if (code < 0x80)
    *to++ = (char)code;
  else if (code < 0x800) {
    *to++ = (char)(0xC0 | code >> 6);
    *to++ = (char)(0x80 | (code & 0x3F));
  } else {
    if (code < 0x10000)
      *to++ = (char)(0xE0 | code >> 12);
    else {
      *to++ = (char)(0xF0 | code >> 18);
      *to++ = (char)(0x80 | (code >> 12 & 0x3F));
    }
    *to++ = (char)(0x80 | (code >> 6 & 0x3F));
    *to++ = (char)(0x80 | (code & 0x3F));
  }
  return to;
}

static void *(*region_attach)(const char *name, const void *site);

static void *thread_run(void *name) {
  prctl(PR_SET_NAME, name);
  CHECK(arenashim_push_tag(name) == 0 || *(char *)name == 0, "label %s", (char *)name);
  *(void *volatile *)malloc(32) = NULL;
  void *kept = malloc(1000);
  arenashim_pop_tag();
  if (region_attach != NULL)
    region_attach(name, (void *)thread_run);
  return kept;
}

static void name_use(const char *name, int stays) {
  pthread_t t;
  pthread_create(&t, NULL, thread_run, strdup(name));
  if (stays)
    pthread_detach(t);
  else
    pthread_join(t, NULL);
}

static void character_use(unsigned code) {
  char name[16] = "a";
  *utf8_put(name + 1, code) = 'z';
  name_use(name, 0);
}

static void stray(const char *file) {
  int fd = open(file, O_RDWR | O_CREAT, 0600);
  CHECK(ftruncate(fd, 4096) == 0, "%s", file);
  char *p = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  CHECK(p != MAP_FAILED, "%s", file);
  free(p + 64);
}

int main(int argc, char **argv) {
  if (argc > 2)
    stray(argv[2]);
  region_attach =
      (void *(*)(const char *, const void *))dlsym(RTLD_DEFAULT, "arenashim_region_attach_v1");
  for (unsigned code = 1; code < ' '; code++)
    character_use(code);
  character_use(127);
  for (unsigned i = 0; i < sizeof ranges / sizeof *ranges; i++)
    for (unsigned code = ranges[i][0]; code <= ranges[i][1]; code++)
      character_use(code);
  for (unsigned i = 0; i < sizeof broken / sizeof *broken; i++)
    name_use(broken[i], 0);
  name_use("caf\xc3\xa9 \xe2\x82\xac", 0);
  arenashim_name_arena("\x1b[7m\xe2\x80\xae\xff");
  prctl(PR_SET_NAME, "\x80\x81\nmain");
  return 0;
}
