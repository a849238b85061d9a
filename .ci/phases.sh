# Phases of .ci/run. Each is a command whose output goes to the log and whose line of results is counted.
# To be sourced, with $work a folder for their output.

# phase NAME MINUTES COMMAND…: runs it and prints its output. A test command prints a line `N passed, N failed`.
phase() {
  local name="$1"
  echo "== $name"
  # Not tee /dev/stderr: that truncates a log file on stderr, and fails if stderr is a socket.
  timed "$@" 2>&1 | tee "$work/$name.log"
}

declare -A asides

# aside NAME MINUTES COMMAND…: the same in the background; `join NAME` waits for it and prints its output.
aside() {
  timed "$@" >"$work/$1.log" 2>&1 &
  asides["$1"]=$!
}

join() {
  echo "== $1"
  wait "${asides["$1"]}" || true
  cat "$work/$1.log"
}

endAsides() {
  local pid
  for pid in "${asides[@]}"; do pkill -P "$pid" || true; done
}

timed() {
  local name="$1" minutes="$2" status=0 begin="$SECONDS"
  shift 2
  mkdir -p "$work/$name"
  TEST_REPORT="$work/$name" timeout --kill-after=10 "${minutes}m" "$@" || status=$?
  echo "$status $((SECONDS - begin)) $name" >"$work/$name.phase"
}

statusOf() { cut -d " " -f 1 "$work/$1.phase" 2>/dev/null || echo "no status"; }

# counts NAME: the tests of a phase that passed and failed. A phase that failed or printed no counts is one failure.
counts() {
  local status said passed=0 failed=0
  status="$(statusOf "$1")"
  said="$(grep -aE '^[0-9]+ passed, [0-9]+ failed$' "$work/$1.log" | tail -n 1)" || true
  if [[ "$said" =~ ^([0-9]+)\ passed,\ ([0-9]+) ]]; then
    passed="${BASH_REMATCH[1]}" failed="${BASH_REMATCH[2]}"
  fi
  if ((failed == 0)) && [[ "$status" != 0 || -z "$said" ]]; then
    echo "$1 failed: exit status $status" >&2
    failed=1
  fi
  echo "$passed $failed"
}
