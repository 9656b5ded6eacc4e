# What is installed where: `make install` and `make uninstall` use the same lists.
#   PREFIX   the directory that everything is installed below: /usr/local
#   LIBDIR   the directory of libraries: $(PREFIX)/lib
#   DESTDIR  is put before all these paths, to make a package
LIBDIR := $(PREFIX)/lib
INCLUDEDIR := $(PREFIX)/include/arenashim
SHARE := $(PREFIX)/share
DOCDIR := $(SHARE)/doc/arenashim
CMAKEDIR := $(LIBDIR)/cmake/arenashim

BASH_COMPLETIONS := $(SHARE)/bash-completion/completions
ZSH_COMPLETIONS := $(SHARE)/zsh/site-functions
FISH_COMPLETIONS := $(SHARE)/fish/vendor_completions.d

# directory:file ...; a file keeps its name
INSTALL_755 := $(PREFIX)/bin:$(B)/arenashim
INSTALL_644 := $(addprefix $(LIBDIR):$(B)/,libarenashim.so libarena.a) \
  $(addprefix $(INCLUDEDIR):,arena/arena.h $(addprefix shim/,arenashim.h dump_format.h dump_maps_format.h \
    record_format.h record_axis_format.h)) \
  $(foreach section,1 3 5 7,$(addprefix $(SHARE)/man/man$(section):,$(wildcard tools/man/*.$(section)))) \
  $(BASH_COMPLETIONS):tools/completions/bash/arenashim \
  $(ZSH_COMPLETIONS):tools/completions/zsh/_arenashim \
  $(FISH_COMPLETIONS):tools/completions/fish/arenashim.fish \
  $(addprefix $(DOCDIR):,README.md tools/arenashim.schema.json tools/packaging/fleet.md LICENSE LICENSE.jemalloc) \
  $(addprefix $(DOCDIR)/examples:tools/packaging/,prometheus/arenashim.rules.yml prometheus/arenashim.test.yml \
    grafana/arenashim.json examples/pod.yaml examples/arenashim.conf examples/clickhouse.sql)
# files in which paths and version are filled in
INSTALL_FILLED := $(LIBDIR)/pkgconfig:tools/packaging/arenashim.pc \
  $(addprefix $(CMAKEDIR):tools/packaging/,arenashimConfig.cmake arenashimConfigVersion.cmake)

# a man page for each function of arena(3), which includes arena(3)
INSTALL_PAGES := $(patsubst %,$(SHARE)/man/man3:%.3,$(shell sed -n 's/^\.Nm \(arena_[a-z_]*\).*/\1/p' tools/man/arena.3))

FILL = sed -e 's|@PREFIX@|$(PREFIX)|g' -e 's|@LIBDIR@|$(LIBDIR)|g' -e 's|@VERSION@|$(VERSION)|g' \
  -e 's|@UP@|$(shell realpath -ms --relative-to=$(CMAKEDIR) $(PREFIX))|g'

directory_of = $(DESTDIR)$(firstword $(subst :, ,$1))
file_of = $(lastword $(subst :, ,$1))
installed = $(call directory_of,$1)/$(notdir $(call file_of,$1))
define newline


endef

install: all
	$(foreach i,$(INSTALL_755),install -D -m 755 -t $(call directory_of,$i) $(call file_of,$i)$(newline)	)
	$(foreach i,$(INSTALL_644),install -D -m 644 -t $(call directory_of,$i) $(call file_of,$i)$(newline)	)
	$(foreach i,$(INSTALL_FILLED),install -D -m 644 -t $(call directory_of,$i) $(call file_of,$i) && \
	  $(FILL) $(call file_of,$i) >$(call installed,$i)$(newline)	)
	$(foreach i,$(INSTALL_PAGES),umask 022; echo .so man3/arena.3 >$(call installed,$i)$(newline)	)

# Our own directories are removed when they are empty.
uninstall:
	rm -f $(foreach i,$(INSTALL_755) $(INSTALL_644) $(INSTALL_FILLED) $(INSTALL_PAGES),$(call installed,$i))
	for d in $(INCLUDEDIR) $(DOCDIR)/examples $(DOCDIR) $(CMAKEDIR); do rmdir $(DESTDIR)$$d 2>/dev/null || true; done

# Debian packages, written to DEB.
DEB := $(B)/deb
deb: deps-build deps-deb
	rm -rf $(DEB)/stage
	@$(MAKE) --no-print-directory -s install DESTDIR=$(abspath $(DEB))/stage PREFIX=/usr LIBDIR=/usr/lib/x86_64-linux-gnu
	tools/packaging/deb.sh $(DEB)/stage $(DEB)
	rm -rf $(DEB)/stage

.PHONY: install uninstall deb
