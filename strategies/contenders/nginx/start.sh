#!/bin/sh
# start.sh PORT WORKERS ROOT: nginx in the foreground, with all its files in a folder of its own.
set -eu
PATH=$PATH:/usr/sbin
home=$(mktemp -d)
trap 'rm -rf "$home"' EXIT
cat >"$home/nginx.conf" <<CONF
daemon off;
user $(id -un) $(id -gn);
worker_processes $2;
pid $home/pid;
error_log stderr;
events { worker_connections 65536; }
worker_rlimit_nofile 65536;
http {
  access_log off;
  sendfile on;
  tcp_nodelay on;
  keepalive_timeout 75s;
  keepalive_requests 1000000000;
  open_file_cache max=64;
  client_body_temp_path $home/body;
  proxy_temp_path $home/proxy;
  fastcgi_temp_path $home/fastcgi;
  uwsgi_temp_path $home/uwsgi;
  scgi_temp_path $home/scgi;
  server { listen 127.0.0.1:$1 backlog=4096; root $3; }
}
CONF
nginx -p "$home" -c "$home/nginx.conf" &
nginx=$!
trap 'kill $nginx' TERM
wait $nginx || wait $nginx || true
