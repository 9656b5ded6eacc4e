load compare

setup_file() {
  NODE=$(readlink -f "$(command -v node)")
  export NODE
}

@test "node loads the shim" {
  loads "$NODE" -e 0
}

@test "node: workers, messages, terminated workers, zlib, crypto, a child" {
  want=4 same "$NODE" "$INPUTS/workers.js"
}
