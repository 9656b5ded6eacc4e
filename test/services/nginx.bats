# nginx: a master that writes over its arguments, workers that become www-data.
load service

configure() {
  port=$(free_port)
  mkdir -p html && echo 'hello from nginx' >html/index.html
  cat >nginx.conf <<END
daemon off;
user www-data;
worker_processes 2;
pid $place/nginx.pid;
error_log $place/error.log;
events { worker_connections 64; }
http {
  access_log off;
  client_body_temp_path $place/t1; proxy_temp_path $place/t2; fastcgi_temp_path $place/t3;
  uwsgi_temp_path $place/t4; scgi_temp_path $place/t5;
  server { listen 127.0.0.1:$port; root $place/html; }
}
END
}

use() {
  within 20 curl -fs "http://127.0.0.1:$port/"
  for _ in {1..50}; do
    [[ $(curl -fs "http://127.0.0.1:$port/index.html") == 'hello from nginx' ]] || return
  done
}

@test "nginx: master and workers leave dumps named nginx" {
  configure
  start nginx -e "$place/error.log" -c "$place/nginx.conf"
  use
  stop QUIT
  dumps_of nginx 3
  only_dumps
  said_nothing
}

@test "nginx under run: the table names master and workers" {
  configure
  start_run nginx -e "$place/error.log" -c "$place/nginx.conf"
  use
  stop TERM
  dumps_of nginx 3 run
  (($(grep -c '^ *nginx ' service.log) >= 3))
}
