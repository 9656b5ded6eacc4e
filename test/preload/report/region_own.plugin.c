/* Calls the arena_create that the program has. */
int arena_create(int x);
int call_arena_create(int x);
int call_arena_create(int x) { return arena_create(x); }
