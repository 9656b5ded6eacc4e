# The format's header stands alone: shim and command share it and nothing else.
cd "$BATS_TEST_DIRNAME/../.." || exit

@test "tools/ includes of the rest only the dump's format" {
  [[ $(grep -r '#include "\.\./' tools --include='*.[ch]') == 'tools/dump/dump.h:#include "../../shim/dump_format.h"' ]]
}

@test "the format includes nothing of ours and compiles as C and as C++" {
  ! grep '#include "' shim/dump_format.h
  gcc -std=gnu17 -Wall -Wextra -Wpadded -Werror -fsyntax-only -x c shim/dump_format.h
  g++ -std=gnu++17 -Wall -Wextra -Werror -fsyntax-only -x c++ shim/dump_format.h
}
