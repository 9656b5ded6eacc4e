# PostgreSQL: processes write over their arguments, one a connection, names of databases among them.
load service

@test "initdb, server, pgbench, stop" {
  local bin port
  bin=$(echo /usr/lib/postgresql/*/bin)
  port=$(free_port)
  chown postgres run
  start setpriv --reuid postgres --regid postgres --clear-groups bash -e -c '
    "$1/initdb" -D "$2/data" -A trust >/dev/null
    "$1/pg_ctl" -D "$2/data" -w -l "$2/server.log" -o "-p $3 -k $2 -c listen_addresses=" start
    "$1/createdb" -h "$2" -p "$3" "../../odd name"
    "$1/pgbench" -h "$2" -p "$3" -i -q "../../odd name"
    "$1/pgbench" -h "$2" -p "$3" -c 2 -t 50 "../../odd name"
    "$1/pg_ctl" -D "$2/data" -w stop' bash "$bin" "$place/run" "$port"
  wait "$service"
  within 20 group_is_gone
  service=
  grep -q 'number of transactions actually processed: 100/100' service.log
  dumps_of initdb 1
  dumps_of postgres 5
  dumps_of pgbench 2
  only_dumps
  refute grep 'arenashim:' service.log
  refute grep 'arenashim:' run/server.log
}
