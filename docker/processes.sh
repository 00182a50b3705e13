# The processes of docker/up: where they are remembered, how they are started, how they are ended. Sourced.

# Where their data, logs, secrets and process ids are.
up=${UP:-$PWD/.dev/up}
pids=$up/pids log=$up/log secrets=$up/secrets

# When a process started, in the kernel's ticks: with its id it names a process for ever. One that has ended and
# that nobody has taken note of yet started never.
started() { # PID
  sed 's/.*) //; /^Z/d' "/proc/$1/stat" 2>/dev/null | cut -d ' ' -f 20
}

remember() { # NAME, its process id on standard input
  local pid
  read -r pid
  echo "$pid $(started "$pid")" >"$pids/$1"
}

launch() { # NAME COMMAND [ARGUMENT ...]
  local name=$1
  shift
  nohup "$@" >>"$log/$name.log" 2>&1 </dev/null &
  echo $! | remember "$name"
}

# Is the process that has this name still there?
lives() { # NAME
  local pid start
  [ -e "$pids/$1" ] || return 1
  read -r pid start <"$pids/$1"
  [ -n "$start" ] && [ "$(started "$pid")" = "$start" ]
}

running() {
  local file
  for file in "$pids"/*; do
    lives "${file##*/}" && return
  done
  return 1
}

# Asks a process to stop, and waits until it has.
end() { # NAME [SIGNAL]
  local pid start turn
  lives "$1" || { rm -f "$pids/$1"; return 0; }
  read -r pid start <"$pids/$1"
  kill -"${2:-TERM}" "$pid"
  for turn in {1..300}; do
    lives "$1" || { rm "$pids/$1"; return 0; }
    sleep 0.1
  done
  echo "$1 ($pid) does not end: see $log/$1.log" >&2
  return 1
}

# Waits until a process answers well at its address.
await() { # NAME ADDRESS
  local turn
  for turn in {1..300}; do
    lives "$1" || break
    curl -fsS -m 2 -o /dev/null "http://$2/readyz" 2>/dev/null && return
    sleep 0.1
  done
  tail -n 5 "$log/$1.log" >&2
  echo "$1 is not ready; docker/down ends the others" >&2
  exit 1
}
