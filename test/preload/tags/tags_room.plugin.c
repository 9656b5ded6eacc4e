/* Calls back from a frame of ROOM bytes: libraries that differ in nothing else (tags_close.c). */
#ifndef ROOM
#define ROOM 40
#endif
int call_back(void (*function)(void)) {
  volatile char room[ROOM];
  room[0] = 1;
  function();
  return room[0];
}
