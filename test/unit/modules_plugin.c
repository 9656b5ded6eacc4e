/* A library that calls back from a frame of ROOM bytes: built twice, with frames of two sizes
 * and all else the same, so that one can stand where the other stood. */
void call_from_plugin(void (*f)(void));

void call_from_plugin(void (*f)(void)) {
  volatile char room[ROOM];
  room[0] = room[ROOM - 1] = 0;
  f();
  room[0] = 1;
}
