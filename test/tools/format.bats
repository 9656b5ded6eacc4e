# The formats' headers stand alone: shim and command share them and nothing else.
cd "$BATS_TEST_DIRNAME/../.." || exit

@test "tools/ includes of the rest only the formats of dump, metrics and record, and the rules about mappings" {
  [[ $(grep -rh '#include "\.\./' tools --include='*.[ch]' | sort -u) == '#include "../../shim/dump_format.h"
#include "../../shim/mapping_kind.h"
#include "../../shim/mapping_zeros.h"
#include "../../shim/metrics_format.h"
#include "../../shim/record_format.h"' ]]
}

@test "the format of metrics includes nothing of ours and compiles as C and as C++" {
  ! grep '#include "' shim/metrics_format.h
  gcc -std=gnu17 -Wall -Wextra -Werror -fsyntax-only -x c shim/metrics_format.h
  g++ -std=gnu++17 -Wall -Wextra -Werror -fsyntax-only -x c++ shim/metrics_format.h
}

@test "the format of records includes that of dumps and its part about time alone, and both compile as C and as C++" {
  local header
  [[ $(grep -h '#include "' shim/record_format.h shim/record_axis_format.h) == '#include "dump_format.h"
#include "record_axis_format.h"' ]]
  for header in shim/record_format.h shim/record_axis_format.h; do
    gcc -std=gnu17 -Wall -Wextra -Wpadded -Werror -fsyntax-only -x c $header
    g++ -std=gnu++17 -Wall -Wextra -Werror -fsyntax-only -x c++ $header
  done
}

@test "the format includes of ours its part about mappings alone, and both compile as C and as C++" {
  local header
  [[ $(grep '#include "' shim/dump_format.h shim/dump_maps_format.h) == 'shim/dump_format.h:#include "dump_maps_format.h"' ]]
  for header in shim/dump_format.h shim/dump_maps_format.h; do
    gcc -std=gnu17 -Wall -Wextra -Wpadded -Werror -fsyntax-only -x c $header
    g++ -std=gnu++17 -Wall -Wextra -Werror -fsyntax-only -x c++ $header
  done
}
