// A small program to debug: lists made of small pieces, and two threads.
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct node {
  struct node *next;
  char *name;
  int value;
};

static struct node *push(struct node *list, const char *name, int value) {
  struct node *n = malloc(sizeof *n);
  *n = (struct node){list, strdup(name), value};
  return n;
}

static int total(const struct node *list) {
  return list == NULL ? 0 : list->value + total(list->next);
}

static void *work(void *name) {
  struct node *list = NULL;
  for (int i = 1; i <= 4; i++)
    list = push(list, name, i);
  printf("%s %d\n", (char *)name, total(list));
  return list;
}

int main(void) {
  pthread_t thread;
  pthread_create(&thread, NULL, work, "second");
  pthread_join(thread, NULL);
  work("first");
  return 6;
}
