# MariaDB: many threads, jemalloc's API not used, memory of its own caches.
load service

@test "mariadb: install, serve, shut down" {
  chown mysql run
  start setpriv --reuid mysql --regid mysql --clear-groups bash -e -c '
    mariadb-install-db --no-defaults --datadir="$1/data" --auth-root-authentication-method=normal
    mariadbd --no-defaults --datadir="$1/data" --socket="$1/s" --skip-networking --pid-file="$1/pid" &
    for _ in {1..200}; do mariadb-admin --no-defaults -uroot -S "$1/s" ping && break; sleep 0.1; done
    { echo "create database d; use d; create table t(x int, y varchar(200));"
      for ((i = 0; i < 500; i++)); do echo "insert into t values ($i, repeat(\"z\", $i % 200));"; done
      echo "select sum(x), sum(length(y)) from t;"; } | mariadb --no-defaults -uroot -S "$1/s"
    mariadb-admin --no-defaults -uroot -S "$1/s" shutdown
    wait' bash "$place/run"
  wait "$service"
  within 30 group_is_gone
  service=
  grep -q "^124750.*" service.log
  dumps_of mariadbd 2
  only_dumps
  refute grep 'arenashim:' service.log
}
