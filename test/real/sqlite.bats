load compare

@test "sqlite3 loads the shim" {
  loads /usr/bin/sqlite3 :memory: 'select 1'
}

@test "sqlite3: joins, indexes, windows, triggers over 200,000 rows" {
  same /usr/bin/sqlite3 -batch -bail file.db ".read $INPUTS/tables.sql"
  cmp plain/file.db shim/file.db
}

@test "sqlite3: an error and its status" {
  want=1 same /usr/bin/sqlite3 -batch -bail :memory: 'select 1; select * from nowhere'
}
