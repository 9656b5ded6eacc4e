load compare

@test "redis-server loads the shim, jemalloc's own functions included" {
  loads /usr/bin/redis-server --version
  grep -h "symbol .mallctl'" bound.* | grep -vF "binding file $SHIM" >mallctl
  [[ -s mallctl ]] && ! grep -vF "to $SHIM " mallctl
}

@test "redis: benchmark, Lua, background save, reload" {
  same /bin/bash "$INPUTS/redis_session.sh"
  grep -q rdb_last_bgsave_status:ok shim.out
}
