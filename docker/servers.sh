# PostgreSQL and Redis servers on this machine: found or installed, started, stopped. Prometheus: found or
# installed. Sourced by scripts that run under `set -euo pipefail`. Both run as an unprivileged user: PostgreSQL refuses root, and Redis need not be.

as_owner=()
if [ "$(id -u)" = 0 ]; then
  owner=nobody
  as_owner=(setpriv --reuid "$owner" --regid "$(id -g "$owner")" --clear-groups --)
fi

# Makes a folder for the servers' data, which their user must be able to reach.
server_folder() { # FOLDER
  mkdir -p "$1"
  [ ${#as_owner[@]} = 0 ] || chown "$owner" "$1"
  "${as_owner[@]}" test -w "$1" && return
  echo "$1 is out of reach for the user $owner: name a folder elsewhere" >&2
  exit 1
}

# Installs a Debian package; no server of the system's own is started with it.
install_package() { # PACKAGE CURE
  command -v apt-get >/dev/null && [ "$(id -u)" = 0 ] || { echo "$1 is needed: install it$2" >&2; exit 1; }
  echo "installing $1" >&2
  export DEBIAN_FRONTEND=noninteractive
  local policy=/usr/sbin/policy-rc.d made=
  if [ ! -e "$policy" ]; then
    printf '#!/bin/sh\nexit 101\n' >"$policy"
    chmod +x "$policy"
    made=yes
  fi
  apt-get update -qq
  apt-get install -y -qq --no-install-recommends "$1" >/dev/null
  [ -z "$made" ] || rm "$policy"
}

postgres_binaries() {
  local folder
  for folder in $(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -rV); do
    [ -x "$folder/initdb" ] && [ -x "$folder/pg_ctl" ] && { echo "$folder"; return; }
  done
  folder=$(command -v initdb 2>/dev/null) && dirname "$(readlink -f "$folder")"
}

# Sets `postgres_bin`.
need_postgres() {
  postgres_bin=$(postgres_binaries || true)
  [ -z "$postgres_bin" ] || return 0
  # The package would otherwise make a cluster of the system's own.
  if [ "$(id -u)" = 0 ]; then
    mkdir -p /etc/postgresql-common/createcluster.d
    echo 'create_main_cluster = false' > /etc/postgresql-common/createcluster.d/parlour.conf
  fi
  install_package postgresql ", version 15 or newer, or name a server in DATABASE_URL"
  postgres_bin=$(postgres_binaries)
}

# Makes an empty cluster below the folder; its configuration is added from standard input.
init_postgres() { # FOLDER
  "${as_owner[@]}" "$postgres_bin/initdb" -D "$1/data" -U parlour --auth=trust --encoding=UTF8 --locale=C.UTF-8 \
    >"$1/initdb.log" 2>&1 || { cat "$1/initdb.log" >&2; exit 1; }
  { printf "listen_addresses = '127.0.0.1'\nunix_socket_directories = '%s'\n" "$1"; cat; } >>"$1/data/postgresql.conf"
}

start_postgres() { # FOLDER PORT
  "${as_owner[@]}" "$postgres_bin/pg_ctl" -D "$1/data" -o "-p $2" -l "$1/postgres.log" -w -t 30 start >/dev/null 2>&1
}

stop_postgres() { # FOLDER MODE
  "${as_owner[@]}" "$postgres_bin/pg_ctl" -D "$1/data" -m "$2" -w stop >/dev/null 2>&1
}

create_database() { # PORT
  "$postgres_bin/createdb" -h 127.0.0.1 -p "$1" -U parlour parlour
}

need_redis() {
  command -v redis-server >/dev/null || install_package redis-server ", version 7 or newer, or name a server in REDIS_URL"
}

# Starts one that keeps all it is given; sets `redis`, its process. Fails where something else has the port.
start_redis() { # FOLDER PORT [OPTION ...]
  : >"$1/redis.log"
  "${as_owner[@]}" redis-server --bind 127.0.0.1 --port "$2" --dir "$1" --appendonly yes --maxmemory-policy noeviction \
    "${@:3}" >"$1/redis.log" 2>&1 </dev/null &
  redis=$!
  while kill -0 "$redis" 2>/dev/null; do
    grep -q 'Ready to accept connections' "$1/redis.log" && return
    sleep 0.05
  done
  return 1
}

need_prometheus() {
  command -v promtool >/dev/null && command -v prometheus >/dev/null || install_package prometheus ", version 2.42 or newer"
}
