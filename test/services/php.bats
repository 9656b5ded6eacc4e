# PHP: opens its extensions with RTLD_DEEPBIND; php-fpm behind nginx.
load service

version=$(ls /usr/sbin/php-fpm* 2>/dev/null | sed 's/.*php-fpm//')

script() {
  cat >"$1" <<'END'
<?php
$d = new DOMDocument(); $d->loadXML("<a>" . str_repeat("<b x='1'>t</b>", 500) . "</a>");
echo $d->getElementsByTagName("b")->length, " ", mb_strtoupper("größe"), " ";
$q = new PDO("sqlite::memory:"); $q->exec("create table t(x)");
for ($i = 0; $i < 500; $i++) $q->exec("insert into t values ($i)");
echo $q->query("select sum(x) from t")->fetchColumn(), " ", json_encode(range(1, 5)), "\n";
END
}

@test "php with its extensions does what it does without the shim" {
  script t.php
  php t.php >plain.log
  ARENASHIM_DUMP=$place/dumps/ LD_PRELOAD=$place/libarenashim.so php t.php >shim.log 2>&1
  diff plain.log shim.log
  grep -q '500 GRÖSSE 124750' shim.log
  : >service.log
  dumps_of php 1
}

@test "php-fpm behind nginx" {
  local port
  [[ $version ]] || skip 'no php-fpm'
  port=$(free_port)
  mkdir -p html && script html/t.php
  cat >fpm.conf <<END
[global]
daemonize = no
process_control_timeout = 10s ; with none, PHP 8.4 ends its workers by SIGTERM at once
error_log = $place/fpm.log
[www]
user = www-data
group = www-data
listen = $place/fpm.sock
listen.mode = 0666
pm = static
pm.max_children = 2
clear_env = no
END
  cat >nginx.conf <<END
daemon off; user www-data; worker_processes 1; pid $place/nginx.pid; error_log $place/error.log;
events { worker_connections 64; }
http {
  access_log off; client_body_temp_path $place/t1; proxy_temp_path $place/t2; fastcgi_temp_path $place/t3;
  uwsgi_temp_path $place/t4; scgi_temp_path $place/t5;
  server { listen 127.0.0.1:$port; root $place/html;
    location ~ php { fastcgi_pass unix:$place/fpm.sock; include /etc/nginx/fastcgi.conf; } }
}
END
  nginx -e "$place/error.log" -c "$place/nginx.conf" 3>&- &
  local web=$!
  start "php-fpm$version" -F -y "$place/fpm.conf"
  within 20 curl -fs "http://127.0.0.1:$port/t.php"
  for _ in {1..20}; do curl -fs "http://127.0.0.1:$port/t.php" | grep -q '500 GRÖSSE 124750' || return; done
  stop QUIT
  kill -QUIT "$web"
  wait "$web" || true
  dumps_of "php-fpm$version" 3
  only_dumps
  refute grep 'arenashim:' service.log
}
