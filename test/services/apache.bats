# Apache with processes of its own for requests (prefork), which become www-data.
load service

@test "apache2, prefork, as www-data" {
  local port modules=/usr/lib/apache2/modules
  port=$(free_port)
  mkdir -p html && echo 'hello from apache' >html/index.html
  cat >apache.conf <<END
ServerRoot $place
ServerName localhost
Listen 127.0.0.1:$port
PidFile $place/apache.pid
Mutex file:$place default
User www-data
Group www-data
ErrorLog $place/error.log
LoadModule mpm_prefork_module $modules/mod_mpm_prefork.so
LoadModule authz_core_module $modules/mod_authz_core.so
LoadModule dir_module $modules/mod_dir.so
StartServers 3
DocumentRoot $place/html
DirectoryIndex index.html
END
  start apache2 -f "$place/apache.conf" -DFOREGROUND
  within 20 curl -fs "http://127.0.0.1:$port/"
  for _ in {1..50}; do [[ $(curl -fs "http://127.0.0.1:$port/") == 'hello from apache' ]] || return; done
  stop WINCH
  dumps_of apache2 4
  only_dumps
  said_nothing
}
