#!/bin/sh
# Installs the Debian packages that a group of make's targets needs and that are missing.
# Usage: test/install.sh GROUP...     groups: build, demo, test, services, check, bench, deb, picture
#
# With everything there, this is one dpkg-query and a few milliseconds, so make may always call it.
# Without root or passwordless sudo it names what is missing in one line and exits 1.
set -u

packages_of() {
  case $1 in
    build) echo gcc make binutils libc6-dev libjemalloc-dev libunwind-dev libelf-dev libiberty-dev \
      zlib1g-dev libzstd-dev libdw-dev libprotobuf-c-dev protobuf-c-compiler libjson-c-dev libncurses-dev ;;
    demo) echo g++ ;;
    test) echo bats libcmocka-dev libunwind8 valgrind strace perl python3 sqlite3 git g++ clang \
      libclang-rt-dev gdb xz-utils redis-server nodejs procps util-linux file time \
      heaptrack dwz llvm mold 'libdebuginfod1|libdebuginfod1t64' google-perftools libjemalloc-dev golang-go chromium npm \
      python3-jsonschema python3-yaml fonts-dejavu-core \
      mandoc man-db pkgconf cmake zsh fish bash-completion lintian dpkg-dev tmux \
      bpftrace curl openssl nginx-light memcached openssh-server openssh-client gunicorn \
      php-cli php-fpm php-xml php-mbstring php-sqlite3 ;;
    long) echo npm clickhouse-server? clickhouse-client? ;;
    services) echo prometheus prometheus-node-exporter apache2 postgresql mariadb-server libreoffice-writer-nogui ;;
    deb) echo dpkg-dev ;;
    picture) echo bash python3 aha chromium nodejs npm pngquant fonts-dejavu-core tmux ;;
    bench) echo g++ clang python3 perl sqlite3 git redis-server redis-tools valgrind gnuplot-nox \
      libjemalloc2 'libmimalloc2.0|libmimalloc3' 'libtcmalloc-minimal4|libtcmalloc-minimal4t64' z3 heaptrack \
      google-perftools 'libgoogle-perftools4|libgoogle-perftools4t64' ;;
    check) echo clang-format clang-tidy cppcheck shellcheck ;;
    *) return 1 ;;
  esac
}

# OLD|NEW: the same package under the names that two releases of Debian give it; either will do.
# NAME?: only where the release has it.
missing_of() { # PACKAGE...: those of them that are not installed
  # shellcheck disable=SC2046 # package names are words
  installed=" $(dpkg-query -W -f '${db:Status-Status}:${Package} ' $(echo "$@" | tr '|?' '  ') 2>/dev/null)"
  for package; do
    case $package in *'?') apt-cache show "${package%?}" >/dev/null 2>&1 || continue ;; esac
    package=${package%'?'}
    case $installed in *" installed:${package%|*} "* | *" installed:${package#*|} "*) continue ;; esac
    # Debian's nodejs conflicts with one from elsewhere: any `node` will do.
    case $package in nodejs) command=node ;; *) command=$package ;; esac
    case $package in nodejs | npm) if command -v "$command" >/dev/null; then continue; fi ;; esac
    printf '%s ' "$package"
  done
}

find_root() { # sets $as_root to the words that run a command as root; fails when there are none
  as_root=
  [ "$(id -u)" = 0 ] && return
  as_root='sudo -n'
  sudo -n true 2>/dev/null
}

# redis-server's package starts a daemon, and we only want its program. Debian's own switch for that is
# policy-rc.d: while it answers 101, packages start no service. A policy the machine already has stays
# as it is; ours goes when we end. (RUNLEVEL=1, the older trick, has no effect under systemd.)
policy=/usr/sbin/policy-rc.d
forbid_daemons() {
  # noclobber makes the creation and the question "was there one?" a single step.
  # shellcheck disable=SC2016 # $1 is for the inner shell
  $as_root sh -c 'set -C; printf "#!/bin/sh\nexit 101\n" >"$1" && chmod 755 "$1"' sh "$policy" \
    2>/dev/null || return 0
  trap '$as_root rm -f "$policy"' EXIT
  trap 'exit 1' HUP INT TERM
}

apt() {
  # The lock's timeout lets two of us, or us and the machine's own upgrades, take turns.
  $as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq -y -o DPkg::Lock::Timeout=300 \
    "$@" </dev/null
}

names_here() { # PACKAGE...: OLD|NEW becomes the name that this release has
  for package; do
    if apt-cache show "${package%|*}" >/dev/null 2>&1; then
      printf '%s ' "${package%|*}"
    else
      printf '%s ' "${package#*|}"
    fi
  done
}

install_packages() { # PACKAGE...
  # A bare machine has no package lists; an old one has lists that name packages no longer served.
  lists=$(find /var/lib/apt/lists -maxdepth 1 -name '*_Packages*' 2>/dev/null)
  # shellcheck disable=SC2046 # package names are words
  if [ -n "$lists" ] && apt install --no-install-recommends $(names_here "$@"); then return; fi
  # shellcheck disable=SC2046
  apt update && apt install --no-install-recommends $(names_here "$@")
}

install_group() { # GROUP
  packages=$(packages_of "$1") || { echo "install.sh: no group named '$1'" >&2; return 2; }
  # shellcheck disable=SC2086 # package names are words
  missing=$(missing_of $packages)
  [ -n "$missing" ] || return 0
  missing=${missing% }
  if ! command -v apt-get >/dev/null || ! find_root; then
    echo "install.sh: missing for '$1' (install as root with apt-get): $missing" >&2
    return 1
  fi
  echo "install.sh: installing for '$1': $missing" >&2
  forbid_daemons
  # shellcheck disable=SC2086
  if ! said=$(install_packages $missing 2>&1); then
    printf '%s\ninstall.sh: apt-get could not install for %s: %s\n' "$said" "'$1'" "$missing" >&2
    return 1
  fi
}

[ $# -gt 0 ] || { echo 'usage: install.sh build|demo|test|services|check|bench|deb|picture ...' >&2; exit 2; }
for group; do install_group "$group" || exit; done
