#!/usr/bin/env bash
# Several hosts on one machine: each validator of a devnet directory runs as plain `quorate node` in a network namespace of
# its own, behind a bridge. Reads the words of `quorate fault`, one command a line, and breaks the network under the nodes
# themselves. Leaves nothing behind, whatever ends it. What it needs, and what it cannot do: README.md beside it.

set -u

readonly MAX_VALIDATORS=16
readonly STOP_TENTHS=15
readonly READY_SECONDS=30
readonly SELF=qn$$
readonly BRIDGE=${SELF}b
readonly NOWHERE=02:00:00:00:00:00

usage() {
  cat <<'TEXT'
usage: netns-devnet.sh DIR [SUBNET]
  DIR     a directory that `quorate devnet --dir DIR` has made; no devnet runs there now
  SUBNET  three numbers of a /24 that is not in use (10.77.0)

Then one command a line:
  kill 2            restart 2         pause 1,3         resume all
  partition 0,1/2,3                   cut 0,1 to 2      heal
  lose 2 10%        (needs nft)       delay 2 200ms     (needs netem)
  status            wait 5            quit
TEXT
}

fail() {
  echo "error: $1" >&2
  exit "${2:-2}"
}

[ $# -ge 1 ] && [ $# -le 2 ] || { usage >&2; exit 2; }
case $1 in -h | --help) usage; exit 0 ;; esac
readonly SUBNET=${2:-10.77.0}
[[ $SUBNET =~ ^[0-9]{1,3}\.[0-9]{1,3}\.[0-9]{1,3}$ ]] || fail "SUBNET is such as 10.77.0, not $SUBNET"
[ "$(id -u)" = 0 ] || fail "network namespaces need root: run it with sudo"
for tool in ip node curl; do command -v "$tool" >/dev/null || fail "there is no $tool here"; done
DIR=$(cd "$1" 2>/dev/null && pwd) || fail "there is no directory $1"
readonly DIR
ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
readonly ROOT QUORATE=$ROOT/dist/devnet/main.js
[ -f "$QUORATE" ] || fail "it is not built: npm run build"
[ -f "$DIR/devnet.json" ] || fail "$DIR is no devnet: quorate devnet --dir $DIR --duration 5 makes one"
COUNT=$(node -p 'JSON.parse(fs.readFileSync(process.argv[1])).validators' "$DIR/devnet.json") || exit 2
[[ $COUNT =~ ^[0-9]+$ ]] && [ "$COUNT" -ge 1 ] && [ "$COUNT" -le $MAX_VALIDATORS ] ||
  fail "1 to $MAX_VALIDATORS validators, not $COUNT"
readonly COUNT
ip route show "$SUBNET.0/24" | grep -q . && fail "$SUBNET.0/24 is in use: name another SUBNET" 4

pids=()

space() { echo "$SELF-$1"; }
address() { echo "$SUBNET.$(($1 + 1))"; }
inside() { local at=$1; shift; ip netns exec "$(space "$at")" "$@"; }
is_alive() { [ -n "${pids[$1]:-}" ] && kill -0 "${pids[$1]}" 2>/dev/null; }
signal() { if is_alive "$2"; then kill -s "$1" "${pids[$2]}"; fi; }

# --- Life ------------------------------------------------------------------------------------------------------------

await_end() { # INDEX
  local tenth
  for ((tenth = 0; tenth < STOP_TENTHS; tenth++)); do
    is_alive "$1" || break
    sleep 0.1
  done
  signal KILL "$1"
  for ((tenth = 0; tenth < STOP_TENTHS; tenth++)); do
    is_alive "$1" || break
    sleep 0.1
  done
  pids[$1]=
}

tear_down() {
  trap '' INT TERM HUP
  trap - EXIT
  local i
  for ((i = 0; i < COUNT; i++)); do signal TERM $i; signal CONT $i; done
  for ((i = 0; i < COUNT; i++)); do await_end $i; done
  for ((i = 0; i < COUNT; i++)); do
    ip link del "${SELF}v$i" 2>/dev/null
    ip netns del "$(space $i)" 2>/dev/null
  done
  ip link del "$BRIDGE" 2>/dev/null
  echo "everything is torn down" >&2
}

build_network() {
  local i
  ip link add "$BRIDGE" type bridge && ip addr add "$SUBNET.254/24" dev "$BRIDGE" &&
    ip link set "$BRIDGE" up || fail "there can be no bridge here" 1
  for ((i = 0; i < COUNT; i++)); do
    ip netns add "$(space $i)" &&
      ip link add "${SELF}v$i" type veth peer name eth0 netns "$(space $i)" &&
      ip link set "${SELF}v$i" master "$BRIDGE" up &&
      inside $i ip addr add "$(address $i)/24" dev eth0 &&
      inside $i ip link set lo up && inside $i ip link set eth0 up || fail "no namespace for v$i" 1
  done
}

# Peers are found by configuration only. The next `quorate devnet` on the directory puts its own addresses back.
write_peers() {
  node - "$DIR" "$COUNT" "$SUBNET" <<'SCRIPT' || fail "the configurations could not be written" 3
const { readFileSync, writeFileSync } = require("node:fs");
const [dir, count, subnet] = process.argv.slice(2);
for (let self = 0; self < Number(count); self++) {
  const file = `${dir}/validator${self}/config.json`;
  const config = JSON.parse(readFileSync(file, "utf8"));
  const peers = [];
  for (let index = 0; index < Number(count); index++) {
    if (index !== self) peers.push({ index, addresses: [`/ip4/${subnet}.${index + 1}/tcp/5000`] });
  }
  config.p2p = { ...config.p2p, peers };
  writeFileSync(file, `${JSON.stringify(config, undefined, 2)}\n`, { mode: 0o600 });
}
SCRIPT
}

start() { # INDEX
  is_alive "$1" && return
  # The pid must be that of the node itself, and its end no news of the shell's.
  (
    exec ip netns exec "$(space "$1")" node "$QUORATE" node --dir "$DIR/validator$1" --json \
      --rpc-host "$(address "$1")" --rpc-port 4000 --p2p-listen "/ip4/$(address "$1")/tcp/5000" \
      </dev/null >/dev/null 2>>"$DIR/validator$1/node.log"
  ) &
  pids[$1]=$!
  disown $!
}

height() { # INDEX
  curl -s -m 1 "http://$(address "$1"):4000/v1/status" 2>/dev/null |
    node -p 'JSON.parse(fs.readFileSync(0)).height' 2>/dev/null || echo "-"
}

status() {
  local i state
  for ((i = 0; i < COUNT; i++)); do
    state=running
    is_alive $i || state=down
    printf 'v%s  %s  pid %s  %s  height %s\n' $i "http://$(address $i):4000" "${pids[$i]:--}" $state "$(height $i)"
  done
}

# --- Faults ----------------------------------------------------------------------------------------------------------

victims=()
read_victims() { # TEXT: "all", "2" or "0,1"
  local i
  victims=()
  if [ "$1" = all ]; then
    for ((i = 0; i < COUNT; i++)); do victims+=("$i"); done
    return 0
  fi
  [[ $1 =~ ^[0-9]{1,2}(,[0-9]{1,2})*$ ]] || { echo "not validators: $1" >&2; return 1; }
  IFS=, read -ra victims <<<"$1"
  for i in "${victims[@]}"; do
    [ "$i" -lt "$COUNT" ] || { echo "there is no v$i" >&2; return 1; }
  done
}

# Frames to an address that nobody has: they leave, and nobody takes them. Works on every kernel, one way, in silence.
cut_off() { # FROM TO
  [ "$1" = "$2" ] || inside "$1" ip neigh replace "$(address "$2")" lladdr $NOWHERE dev eth0 nud permanent
}

mend() { # FROM TO
  [ "$1" = "$2" ] || inside "$1" ip neigh del "$(address "$2")" dev eth0 2>/dev/null
}

each_pair() { # COMMAND
  local from to
  for ((from = 0; from < COUNT; from++)); do
    for ((to = 0; to < COUNT; to++)); do "$1" $from $to; done
  done
}

partition() { # "0,1/2,3"
  local group from to groups member=()
  IFS=/ read -ra groups <<<"$1"
  for group in "${groups[@]}"; do read_victims "$group" || return; done
  for ((group = 0; group < ${#groups[@]}; group++)); do
    read_victims "${groups[$group]}"
    for from in "${victims[@]}"; do member[$from]="${member[$from]:-} $group "; done
  done
  for ((from = 0; from < COUNT; from++)); do
    for ((to = 0; to < COUNT; to++)); do
      mend $from $to
      for group in ${member[$from]:-}; do
        [[ ${member[$to]:-} == *" $group "* ]] && continue 2
      done
      cut_off $from $to
    done
  done
}

cut() { # FROM "to" TO
  local from to sources
  [ "${2:-}" = to ] || { echo "cut 0,1 to 2" >&2; return; }
  read_victims "$1" || return
  sources=("${victims[@]}")
  read_victims "${3:-}" || return
  for from in "${sources[@]}"; do for to in "${victims[@]}"; do cut_off "$from" "$to"; done; done
}

lose() { # VICTIMS PERCENT%
  local i percent=${2%\%}
  command -v nft >/dev/null || { echo "there is no nft here: lose is not to be had" >&2; return; }
  [[ $percent =~ ^[0-9]{1,3}$ ]] && [ "$percent" -le 100 ] || { echo "lose 2 10%" >&2; return; }
  read_victims "$1" || return
  for i in "${victims[@]}"; do
    inside "$i" nft delete table inet quorate 2>/dev/null
    inside "$i" nft add table inet quorate &&
      inside "$i" nft add chain inet quorate out '{ type filter hook output priority 0; }' &&
      inside "$i" nft add rule inet quorate out numgen random mod 100 '<' "$percent" drop
  done
}

delay() { # VICTIMS MSms
  local i
  [[ ${2:-} =~ ^[0-9]{1,5}ms$ ]] || { echo "delay 2 200ms" >&2; return; }
  read_victims "$1" || return
  for i in "${victims[@]}"; do
    inside "$i" tc qdisc replace dev eth0 root netem delay "$2" 2>/dev/null ||
      { echo "this kernel has no netem: delay is not to be had (quorate devnet has it without)" >&2; return; }
  done
}

heal() {
  local i
  each_pair mend
  for ((i = 0; i < COUNT; i++)); do
    inside $i nft delete table inet quorate 2>/dev/null
    inside $i tc qdisc del dev eth0 root 2>/dev/null
    signal CONT $i
    start $i
  done
}

each() { # COMMAND VICTIMS
  local i
  read_victims "${2:-}" || return
  for i in "${victims[@]}"; do "$1" "$i"; done
}

kill_one() { signal KILL "$1"; signal CONT "$1"; await_end "$1"; }
restart_one() { kill_one "$1"; start "$1"; }
pause_one() { signal STOP "$1"; }
resume_one() { signal CONT "$1"; }

obey() { # WORDS
  case ${1:-} in
    '' | '#'*) ;;
    kill | restart | pause | resume) each "$1_one" "${2:-}" ;;
    partition) partition "${2:-}" ;;
    cut) cut "${@:2}" ;;
    lose) lose "${2:-}" "${3:-}" ;;
    delay) delay "${2:-}" "${3:-}" ;;
    heal) heal ;;
    status) status ;;
    wait) if [[ ${2:-} =~ ^[0-9]{1,3}$ ]]; then sleep "$2"; else echo "wait 5" >&2; fi ;;
    quit) exit 0 ;;
    *) echo "not a command here: $1" >&2; usage >&2 ;;
  esac
}

trap tear_down EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP
write_peers
build_network
for ((i = 0; i < COUNT; i++)); do start $i; done
for ((second = 0; second < READY_SECONDS; second++)); do
  [ "$(height 0)" != - ] && break
  sleep 1
done
status
while read -r -a words; do obey "${words[@]}"; done
exit 0
