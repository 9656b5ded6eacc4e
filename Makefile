# arenashim: `make` builds, `make demo` shows, `make test` tests; `make help` lists the rest.
.DELETE_ON_ERROR:
MAKEFLAGS += --no-builtin-rules

VERSION := 0.1
B := build
comma := ,
CC := gcc
CXX := g++
AR := ar
PREFIX := /usr/local

WARN := -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wvla -Wundef
ifdef CI
WARN += -Werror
endif

# The shim's parts, highest first: includes and calls run down only (test/layers.bats).  Headers' names
# are unique over arena/ and shim/, so that an include names no folder.
SHIM_DIRS := $(addprefix shim/,api process report stats alloc jemalloc callsite base)
SHIM_QUOTES := $(patsubst %,-iquote %,$(SHIM_DIRS) shim arena)

# Inside the shim: what we define under malloc's names must not be taken for the compiler's
# (a malloc followed by memset would become a call of calloc, inside calloc); overlaying list
# links on the program's objects is not for strict aliasing.
CFLAGS := -O2 -g
SHIM_CFLAGS := -std=gnu17 $(CFLAGS) $(WARN) -fPIC -fvisibility=hidden -fno-plt \
  -fno-semantic-interposition -fno-strict-aliasing -fno-tree-slp-vectorize -fexceptions -D_GNU_SOURCE \
  -fno-builtin-malloc -fno-builtin-calloc -fno-builtin-realloc -fno-builtin-free -fno-builtin-posix_memalign \
  -DARENASHIM_VERSION='"$(VERSION)"' $(SHIM_QUOTES)
SHIM_LDFLAGS := -shared -Wl,--version-script=shim/symbols.map -Wl,-z,now -Wl,-z,relro \
  -Wl,-z,nodlopen -Wl,-z,nodelete -Wl,--no-undefined -Wl,--gc-sections -Wl,-soname,libarenashim.so

# Lowest first: test/layers.bats holds includes and calls to this order.
HEAP := os text foreign check pieces range slab tag_sums life account mail block heap_state fault heap_budget heap_memory heap_list \
  heap_life heap_collect heap_visit heap_thread heap_pair heap_refill heap_tag heap heap_stats heap_fork heap_recount
REGION := $(patsubst arena/%.c,%,$(wildcard arena/region*.c))
SHIM := $(patsubst shim/%.c,%,$(wildcard $(SHIM_DIRS:%=%/*.c)))

HEAP_OBJECTS := $(HEAP:%=$(B)/arena/%.o)
SHIM_OBJECTS := $(SHIM:%=$(B)/shim/%.o)
REGION_OBJECTS := $(REGION:%=$(B)/arena/%.o)
HEADERS := $(wildcard arena/*.h shim/*.h $(SHIM_DIRS:%=%/*.h))

# The command: it shares with the shim nothing but the formats of dump, record and metrics.  Its parts, lowest first:
# a file includes headers of its own part and of those before it; the last seven know nothing of each other.
TOOL_DIRS := $(addprefix tools/,base record dump names sites merge view export html run top attach metrics)
TOOL_CFLAGS := -std=gnu17 $(CFLAGS) $(WARN) -D_GNU_SOURCE -DARENASHIM_VERSION='"$(VERSION)"' -I$(B) \
  $(TOOL_DIRS:%=-iquote %)
TOOL_LIBS := -ldw -lelf -liberty -lz -lzstd -ljson-c -lprotobuf-c -lncursesw -ltinfo -lm
PROTO := $(B)/tools/export/profile.pb-c
TOOL_SOURCES := $(wildcard tools/*.c $(TOOL_DIRS:%=%/*.c))
TOOL_PARTS := $(filter-out tools/main.c,$(TOOL_SOURCES)) # what tests link
TOOL_OBJECTS := $(TOOL_SOURCES:%.c=$(B)/%.o)
TOOL_HEADERS := $(wildcard tools/*.h $(TOOL_DIRS:%=%/*.h)) $(wildcard shim/*.h) $(PROTO).h tools/page/page.html

all: $(B)/libarenashim.so $(B)/libarena.a $(B)/arenashim

# A bare machine: the packages first, then the build by itself.
$(B)/jemalloc.a $(HEAP_OBJECTS) $(REGION_OBJECTS) $(SHIM_OBJECTS) $(TOOL_OBJECTS) $(PROTO).c $(PROTO).h: | deps-build

JEMALLOC_WRAPPED := je_tsd_tcache_enabled_data_init je_tsd_tcache_data_init je_tcache_cleanup \
  je_emap_register_boundary je_arena_decay
# What we call under these names is not what we export under them (base/own_calls.c, api/mmap.c).
OWN_WRAPPED := mmap munmap mremap
$(B)/libarenashim.so: SHIM_LDFLAGS += $(JEMALLOC_WRAPPED:%=-Wl,--wrap=%) $(OWN_WRAPPED:%=-Wl,--wrap=%)
$(B)/libarenashim.so: $(SHIM_OBJECTS) $(HEAP_OBJECTS) $(B)/jemalloc.a shim/symbols.map
	$(CC) $(SHIM_LDFLAGS) -o $@ $(SHIM_OBJECTS) $(HEAP_OBJECTS) $(B)/jemalloc.a -ldl -pthread

$(B)/libarena.a: $(REGION_OBJECTS)
	rm -f $@ && $(AR) rcs $@ $(REGION_OBJECTS)

$(HEAP_OBJECTS) $(REGION_OBJECTS) $(SHIM_OBJECTS): $(B)/%.o: %.c $(HEADERS) Makefile
	@mkdir -p $(@D)
	$(CC) $(SHIM_CFLAGS) $(KEEP) $(FRAME) -c -o $@ $<
# A program's stack may be a fiber's of 4 KiB.  The larger frames of these files are on stacks of their
# own (base/big_stack.h, callsite/unwinder.h).
FRAME := -Wframe-larger-than=1024
$(patsubst %,$(B)/shim/%.o,api/arenashim_api api/malloc_info api/thread_counters stats/snapshot callsite/unwinder): FRAME :=
# The caller's frame pointer stays in its register until the capture of its call site has it.
$(SHIM_OBJECTS): KEEP := -ffixed-rbp
# What defines memcpy and strlen must not be compiled into calls of them.
$(B)/shim/base/own_bytes.o: KEEP += -fno-builtin -fno-tree-loop-distribute-patterns

$(B)/arenashim: $(TOOL_OBJECTS) $(PROTO).o
	$(CC) -o $@ $^ $(TOOL_LIBS)

# Code to write pprof's message, made from its description.
$(PROTO).c $(PROTO).h &: tools/export/profile.proto
	@mkdir -p $(@D)
	protoc-c --proto_path=$(<D) --c_out=$(@D) $(<F)
$(PROTO).o: $(PROTO).c
	$(CC) $(CFLAGS) -c -o $@ $<

$(TOOL_OBJECTS): $(B)/%.o: %.c $(TOOL_HEADERS) Makefile
	@mkdir -p $(@D)
	$(CC) $(TOOL_CFLAGS) -c -o $@ $<

# The page of `arenashim html`: tools/page/page.html is built from what stands beside it, and is kept
# in the repository, so that a build needs no node.  `make page` after a change there.
PAGE_SOURCES := $(filter-out %/page.html,$(wildcard tools/page/*))
$(B)/page/node_modules/.package-lock.json: tools/page/package.json tools/page/package-lock.json
	@mkdir -p $(B)/page && cp $^ $(B)/page
	cd $(B)/page && npm ci --loglevel=error --no-audit --no-fund --ignore-scripts && touch $(@:$(B)/page/%=%)
$(B)/page/page.html: $(PAGE_SOURCES) $(B)/page/node_modules/.package-lock.json
	cp $(PAGE_SOURCES) $(@D)
	cd $(@D) && node build.mjs page.html
page: $(B)/page/page.html
	cp $< tools/page/page.html

# jemalloc inside the shim: its public names get a prefix, its system calls come to us, its constructor
# and its C++ operators stay out, and what sets a thread's cache up or takes it down passes by us
# (jemalloc/thread_state.c).
JEMALLOC := /usr/lib/x86_64-linux-gnu/libjemalloc_pic.a
JEMALLOC_SHOWN := jep_cache_switch jep_initializer
$(B)/jemalloc.a: shim/jemalloc/symbols.syms
	@mkdir -p $(@D)
	objcopy --redefine-syms=shim/jemalloc/symbols.syms $(JEMALLOC_SHOWN:%=--globalize-symbol=%) \
	  --remove-section=.init_array --remove-section=.rela.init_array $(JEMALLOC) $@.tmp
	$(AR) d $@.tmp jemalloc_cpp.pic.o && mv $@.tmp $@

# Tests.  What a machine lacks is installed first; it costs milliseconds when all is there.
PRELOAD := $(wildcard test/preload/*/*.c test/preload/*/*.cc)
PRELOAD_PLUGINS := $(patsubst %,$(B)/test/preload/%.so,$(basename $(notdir $(filter %.plugin.c %.plugin.cc,$(PRELOAD)))))
PRELOAD_PROGRAMS := $(addprefix $(B)/test/preload/,$(basename $(notdir $(filter-out %.plugin.c %.plugin.cc,$(PRELOAD)))))
UNIT := $(patsubst test/unit/%.c,%,$(wildcard test/unit/*_test.c))
UNIT_PROGRAMS := $(patsubst %,$(B)/test/unit/%,$(filter-out region_poison_test,$(UNIT)))
TEST_CFLAGS := -std=gnu17 -O1 -g -D_GNU_SOURCE -fno-strict-aliasing $(SHIM_QUOTES) $(WARN) -Wno-missing-prototypes
PROGRAM_FLAGS := -O1 -g -fno-builtin -Wall -Wextra -pthread

# Programs and plugins of all its folders are built into one directory: no two have the same name.
PRELOAD_HEADERS := $(wildcard test/preload/*.h test/preload/*/*.h)
define preload_rules
$(B)/test/preload/%: $(1)%.c $(PRELOAD_HEADERS)
	@mkdir -p $$(@D)
	$$(CC) -std=gnu17 $$(PROGRAM_FLAGS) -o $$@ $$< $$(filter %.a,$$^) -ldl -lm
$(B)/test/preload/%: $(1)%.cc $(PRELOAD_HEADERS)
	@mkdir -p $$(@D)
	$$(CXX) -std=gnu++17 $$(PROGRAM_FLAGS) -o $$@ $$< -ldl
$(B)/test/preload/%.plugin.so: $(1)%.plugin.c
	@mkdir -p $$(@D)
	$$(CC) -std=gnu17 $$(PROGRAM_FLAGS) -shared -fPIC -o $$@ $$<
$(B)/test/preload/%.plugin.so: $(1)%.plugin.cc
	@mkdir -p $$(@D)
	$$(CXX) -std=gnu++17 $$(PROGRAM_FLAGS) -shared -fPIC -o $$@ $$<
endef
$(foreach d,$(wildcard test/preload/*/),$(eval $(call preload_rules,$(d))))
$(B)/test/preload/region_user $(B)/test/preload/tags_regions: $(B)/libarena.a
$(B)/test/preload/region_own $(B)/test/preload/report_sites \
  $(B)/test/preload/tags_unwinder: PROGRAM_FLAGS += -rdynamic
$(B)/test/preload/stack_depth: PROGRAM_FLAGS += -Wl,-z,now
$(B)/test/preload/tags_truth $(B)/test/preload/tags_stacks: PROGRAM_FLAGS += -finstrument-functions
$(B)/test/preload/tags_truth_cxx: PROGRAM_FLAGS += -finstrument-functions -DFRAMES -fno-omit-frame-pointer

$(B)/test/bench/pairs: test/bench/pairs.c test/bench/toggle.h
	@mkdir -p $(@D)
	$(CC) -std=gnu17 -O2 -fno-builtin -Wall -Wextra -o $@ $<

BENCH_FLAGS := -O2 -fno-builtin -Wall -Wextra -pthread -D_GNU_SOURCE
$(B)/test/bench/micro_run.o: test/bench/micro_run.c test/bench/micro.h
	@mkdir -p $(@D)
	$(CC) -std=gnu17 $(BENCH_FLAGS) -c -o $@ $<
$(B)/test/bench/libnothing.so: test/bench/nothing.c test/bench/nothing.h
	@mkdir -p $(@D)
	$(CC) -std=gnu17 $(BENCH_FLAGS) -shared -fPIC -Wl,-soname,$(@F) -o $@ $<
$(B)/test/bench/micro: test/bench/micro.c $(B)/test/bench/micro_run.o $(B)/test/bench/libnothing.so
	$(CC) -std=gnu17 $(BENCH_FLAGS) -Wl,-rpath,'$$ORIGIN' -o $@ $^
$(B)/test/bench/micro_cxx: test/bench/micro_cxx.cc $(B)/test/bench/micro_run.o
	$(CXX) -std=gnu++17 $(BENCH_FLAGS) -o $@ $^
$(B)/test/bench/memory $(B)/test/bench/once $(B)/test/bench/threads: $(B)/%: %.c
	@mkdir -p $(@D)
	$(CC) -std=gnu17 $(BENCH_FLAGS) -o $@ $<
BENCH_PROGRAMS := $(addprefix $(B)/test/bench/,pairs micro micro_cxx memory once threads)

$(B)/test/bench/large_tags: test/bench/large_tags.c $(B)/shim/alloc/large_tags.o $(HEAP_OBJECTS)
	@mkdir -p $(@D)
	$(CC) -std=gnu17 -O2 $(WARN) -pthread -o $@ $^

# Unit tests compile the sources that they test themselves, so that a sanitizer sees all of it; no name of
# malloc's family is defined there.  The table says which: TESTS (patterns), SOURCES by name, FLAGS.  A
# later line replaces what an earlier one says of the same test.
unit = $(foreach t,$(filter $(1),$(UNIT)),$(eval $(t)_SOURCES := $(call found,$(2)))$(eval $(t)_FLAGS := $(3)))
found = $(foreach n,$(1),$(or $(wildcard arena/$(n).c $(SHIM_DIRS:%=%/$(n).c)),$(error no $(n).c in arena/ or shim/)))
WRAP := -Xlinker --wrap=

$(call unit,heap% range% slab% text% pieces%,$(HEAP))
$(call unit,heap_visit%,$(HEAP),$(WRAP)os_purge)
$(call unit,region%,$(REGION),$(WRAP)malloc $(WRAP)free)
$(call unit,region_model% region_attach% region_poison%,$(REGION))
$(call unit,large_tags%,large_tags $(HEAP),$(WRAP)mmap)
$(call unit,extent_cache%,extent_cache $(HEAP))
$(call unit,mapped_books%,mapped_books mapped_counts mapped_tree mapped_accounts mapped_shown pieces os,$(WRAP)mmap)
$(call unit,arch_math%,arch_math os,-lm)
$(call unit,crc%,crc os,-lz)
$(call unit,moments%,moments)
$(call unit,walk_room%,walk_room)
$(call unit,scratch%,scratch os,$(WRAP)mmap)
$(call unit,report_lock%,report_lock options digits path_pattern program program_path signal_names os text foreign)
$(call unit,output_path%,output_path path_pattern digits os text)
$(call unit,sink%,sink output_fds output_path path_pattern digits os text foreign)
$(call unit,seen_pages%,seen_pages page_states sandbox seccomp_run os)
$(call unit,life%,$(HEAP),$(WRAP)mmap)
$(call unit,cgroup%,cgroup file_lines digits os text)
$(call unit,labels%,labels os,$(WRAP)mmap)
$(call unit,path_tree%,path_tree shown_paths pieces os,$(WRAP)mmap)
$(call unit,known_path% spine%,known_path known_stack spine call_path path_tree shown_paths pieces os)
$(call unit,sampling%,sampling arch_math $(HEAP),-lm)
$(call unit,unwinder% modules%,unwinder import cfi cfi_row find_object modules stack_range \
  sandbox seccomp_run module_table shown_modules pieces namespaces program_path os,-DPLUGINS='"$(abspath $(B)/test/unit)"')

# $(1): the directory below build, $(2): the test, $(3): flags.
define unit_rule
$(B)/$(1)/$(2): test/unit/$(2).c $($(2)_SOURCES) $(UNIT_HEADERS)
	@mkdir -p $$(@D)
	$$(CC) $(TEST_CFLAGS) $(3) -pthread -o $$@ $$< $($(2)_SOURCES) $($(2)_FLAGS) -lcmocka
endef
UNIT_HEADERS := $(HEADERS) $(wildcard test/unit/*.h)
$(foreach t,$(UNIT),$(eval $(call unit_rule,test/unit,$(t),)))
# The sanitizers' tests are debug builds (arena/check.h).
$(foreach t,$(UNIT),$(eval $(call unit_rule,asan,$(t),-DDEBUG -fsanitize=address$(comma)undefined -fno-sanitize-recover=all)))
$(foreach t,$(UNIT),$(eval $(call unit_rule,tsan,$(t),-DDEBUG -fsanitize=thread)))
$(foreach d,test/unit asan tsan,$(B)/$(d)/unwinder_test $(B)/$(d)/modules_test): $(B)/test/unit/modules_a.so $(B)/test/unit/modules_b.so
$(B)/test/unit/modules_a.so: ROOM := 40
$(B)/test/unit/modules_b.so: ROOM := 88
$(B)/test/unit/modules_%.so: test/unit/modules_plugin.c
	@mkdir -p $(@D)
	$(CC) -std=gnu17 -O1 -DROOM=$(ROOM) -shared -fPIC -Wl,--build-id=none -o $@ $<

# The command's tests: a writer of dumps, the command and its reader under sanitizers, a fuzzer.
SANITIZE := -fsanitize=address,undefined -fno-sanitize-recover=all
$(B)/test/tools/make_dump: test/tools/make_dump.c shim/dump_format.h shim/dump_maps_format.h
	@mkdir -p $(@D)
	$(CC) $(TOOL_CFLAGS) -o $@ $<
$(B)/test/tools/arenashim: $(TOOL_SOURCES) $(TOOL_HEADERS)
	@mkdir -p $(@D)
	$(CC) $(TOOL_CFLAGS) $(SANITIZE) -o $@ $(TOOL_SOURCES) $(PROTO).c $(TOOL_LIBS)
$(B)/test/tools/%_test: test/tools/%_test.c $(wildcard test/tools/*.h) $(TOOL_PARTS) $(TOOL_HEADERS)
	@mkdir -p $(@D)
	$(CC) $(TOOL_CFLAGS) $(SANITIZE) -o $@ $< $(TOOL_PARTS) $(PROTO).c $(TOOL_LIBS) -lcmocka
$(B)/test/tools/%: test/tools/%.cc
	@mkdir -p $(@D)
	$(CXX) -O0 -g -Wall -Wextra -no-pie -Wl,--build-id -o $@ $<
$(B)/test/tools/grow $(B)/test/tools/service: $(B)/test/tools/%: test/tools/%.c
	@mkdir -p $(@D)
	$(CC) -std=gnu17 $(PROGRAM_FLAGS) -o $@ $<
$(B)/test/fuzz/dump_fuzz: test/fuzz/dump_fuzz.c $(wildcard test/tools/*.h) $(TOOL_PARTS) $(TOOL_HEADERS)
	@mkdir -p $(@D)
	clang $(TOOL_CFLAGS) -O1 -fsanitize=fuzzer,address -o $@ $< $(TOOL_PARTS) $(PROTO).c $(TOOL_LIBS)
TOOL_TESTS := $(patsubst test/%.c,$(B)/test/%,$(wildcard test/tools/*_test.c))
TOOL_PROGRAMS := $(TOOL_TESTS) $(B)/test/tools/make_dump $(B)/test/tools/grow $(B)/test/tools/service \
  $(B)/test/tools/arenashim \
  $(patsubst test/%.cc,$(B)/test/%,$(wildcard test/tools/*.cc))

# What drives the browser in tests, and pages that read our files.
BROWSER := $(B)/browser/node_modules/.package-lock.json
$(BROWSER): test/browser/package.json test/browser/package-lock.json
	@mkdir -p $(B)/browser && cp $^ $(B)/browser
	cd $(B)/browser && npm ci --loglevel=error --no-audit --no-fund --ignore-scripts && touch $(@:$(B)/browser/%=%)

export NODE_PATH = $(abspath $(B)/browser/node_modules)
export TOOL = $(abspath $(B)/arenashim)
export SHIM = $(abspath $(B)/libarenashim.so)
export BIN = $(abspath $(B)/test/preload)

deps-%:
	@test/install.sh $*

demo: deps-build deps-demo
	@$(MAKE) --no-print-directory -s all
	@test/demo/demo.sh

test: deps-build deps-test
	@$(MAKE) --no-print-directory -s all test-programs
	@test/run.sh $(UNIT_PROGRAMS) $(TOOL_TESTS) \
	  $(wildcard test/preload/*/*.bats test/real/*.bats test/interop/*.bats \
  test/tools/*.bats test/*.bats) \
	  $(QUICK_SERVICES:%=test/services/%.bats) $(wildcard test/bench/*.bats)

# Services that change user, title or root, sit in sandboxes, or come in many processes: each is started, used
# and stopped, and all its dumps must be found.  `make test` has those that are quick to install and to run.
QUICK_SERVICES := nginx memcached php sshd interpreters
services: deps-build deps-test deps-services
	@$(MAKE) --no-print-directory -s all
	@JOBS=1 LIMIT=600 test/run.sh $(wildcard test/services/*.bats)

# The README's pictures of terminals, and of the page's chart.
picture: deps-build deps-picture
	@$(MAKE) --no-print-directory -s all $(BROWSER) $(B)/test/tools/planted $(B)/test/tools/service
	@test/demo/picture.sh $(B) $(B)/test/tools test/demo

test-programs: $(BROWSER) $(B)/page/page.html $(UNIT_PROGRAMS) $(TOOL_PROGRAMS) $(PRELOAD_PROGRAMS) $(PRELOAD_PLUGINS) $(BENCH_PROGRAMS)

# The same unit tests under sanitizers.
asan: deps-build deps-test
	@$(MAKE) --no-print-directory -s $(UNIT:%=$(B)/asan/%)
	@test/run.sh $(UNIT:%=$(B)/asan/%)
TSAN := $(filter heap% large% extent% mapped% path_tree% labels%,$(UNIT)) # those with threads
tsan: deps-build deps-test
	@$(MAKE) --no-print-directory -s $(TSAN:%=$(B)/tsan/%)
	@test/run.sh $(TSAN:%=$(B)/tsan/%)

# The dump's reader on what no writer wrote, for FUZZ_TIME seconds; its corpus stays in build.
FUZZ_TIME := 60
fuzz: deps-build deps-test
	@$(MAKE) --no-print-directory -s $(B)/test/fuzz/dump_fuzz $(B)/test/tools/make_dump
	@test/fuzz/run.sh $(B) $(FUZZ_TIME)

# Format, compiler warnings as errors with both compilers, static analysis: with Debian 12's versions.
SOURCES := $(wildcard arena/*.[ch] shim/*.[ch] $(SHIM_DIRS:%=%/*.[ch]))
TOOL_ALL := $(wildcard tools/*.[ch] $(TOOL_DIRS:%=%/*.[ch]))
TEST_SOURCES := $(wildcard test/*/*.[ch] test/preload/*/*.[ch])
CPPCHECK := cppcheck -j "$$(nproc)" --quiet --error-exitcode=1 --enable=warning,performance,portability --inline-suppr \
  --suppress=missingIncludeSystem -DARENASHIM_VERSION='"x"' -D__x86_64__
# $(call each,FILES,COMMAND): the command for each file in place of {}, on all processors; fails if one does.
each = printf '%s\n' $1 | xargs -P "$$(nproc)" -I {} $2
check: deps-build deps-check $(PROTO).h
	clang-format --dry-run -Werror $(SOURCES) $(TOOL_ALL) $(TEST_SOURCES)
	@! LC_ALL=C.UTF-8 grep -nE '^.{101}' $(SOURCES) $(TOOL_ALL) # comments, which it leaves alone
	@for cc in gcc clang; do echo "warnings: $$cc" && \
	  $(call each,$(filter %.c,$(SOURCES)),$$cc $(SHIM_CFLAGS) -Werror -fsyntax-only {}) && \
	  $(call each,$(TOOL_SOURCES),$$cc $(TOOL_CFLAGS) -Werror -fsyntax-only {}) || exit 1; done
	@echo clang-tidy && \
	  $(call each,$(filter %.c,$(SOURCES)),clang-tidy --quiet {} -- $(SHIM_CFLAGS)) 2>/dev/null && \
	  $(call each,$(TOOL_SOURCES),clang-tidy --quiet {} -- $(TOOL_CFLAGS)) 2>/dev/null
	$(CPPCHECK) $(patsubst %,-I%,$(SHIM_DIRS) shim arena) arena shim
	$(CPPCHECK) $(TOOL_DIRS:%=-I%) tools
	shellcheck test/*.sh test/*/*.sh test/preload/*/*.sh tools/*/*.sh .ci/run
	shellcheck -s bash tools/completions/bash/arenashim

# Speed and memory beside the allocators a user could pick instead.  OPTIONS="--quick", "--help".
bench: deps-build deps-bench
	@$(MAKE) --no-print-directory -s all $(BENCH_PROGRAMS)
	@test/bench/bench.py $(OPTIONS)

# The instruction counts that `make test` holds every change to, as they are now.
golden: deps-build deps-test
	@$(MAKE) --no-print-directory -s all $(B)/test/bench/pairs
	@sed '/^[^#]/d' test/bench/instructions.golden >$(B)/golden
	@test/bench/instructions.sh $(SHIM) --golden >>$(B)/golden && mv $(B)/golden test/bench/instructions.golden
	@cat test/bench/instructions.golden

# What knowing who allocates costs, beside other profilers.  OPTIONS="--rounds 5 --only perl".
bench-tags: deps-build deps-bench
	@$(MAKE) --no-print-directory -s all $(B)/test/bench/large_tags
	@$(B)/test/bench/large_tags
	@test/bench/tags.py $(OPTIONS)

# Every call path of real programs compared with libunwind's own answer: ten million, some minutes.
verify: deps-build deps-test
	@$(MAKE) --no-print-directory -s all $(B)/test/preload/tags_counts.plugin.so
	@test/preload/tags/tags_verify.sh long

# What takes too long for `make test`: a fleet's dumps merged, a hundred runs of probes, sums by SQL,
# Kubernetes' schema of a pod.
long: deps-build deps-test deps-long
	@$(MAKE) --no-print-directory -s all
	@JOBS=1 LIMIT=600 test/run.sh $(wildcard test/long/*.bats)

include tools/packaging/install.mk

clean:
	rm -rf $(B)

# Takes each remedy for a known trap out in turn; its test must fail.  Long.
mutants: deps-build deps-test
	@$(MAKE) --no-print-directory -s all test-programs
	@test/mutants/run.sh

help:
	@echo 'make              builds build/arenashim, build/libarenashim.so and build/libarena.a'
	@echo 'make demo         runs g++ under arenashim and shows who holds its memory'
	@echo 'make test         all tests; make services: real services, also those that take long to install'
	@echo 'make check        format, compiler warnings, clang-tidy, cppcheck, shellcheck (Debian 12 only)'
	@echo 'make asan tsan    unit tests under sanitizers'
	@echo 'make fuzz         the reader of dumps on damaged files, for FUZZ_TIME seconds'
	@echo 'make verify       ten million call paths compared with those of libunwind'
	@echo 'make long         1,000 dumps merged, 100 runs of probes, sums by SQL, a pod (minutes)'
	@echo 'make mutants      takes each remedy for a known trap out and expects its test to fail (long)'
	@echo 'make bench        speed and memory beside other allocators, see test/bench/README.md'
	@echo 'make bench-tags   what call paths cost, beside other profilers'
	@echo 'make golden       writes test/bench/instructions.golden'
	@echo 'make page         builds tools/page/page.html; make picture: the pictures of the README'
	@echo 'make install      below PREFIX, LIBDIR and DESTDIR; make uninstall; make deb: Debian packages'
	@echo 'make clean        removes build'
	@echo 'Debian 12 and 13, x86-64. Missing packages are installed by make where root or sudo allows it.'

.PHONY: all demo page picture test services test-programs asan tsan fuzz verify long bench bench-tags golden mutants check clean help
.SECONDARY:
