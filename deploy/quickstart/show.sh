# How the quickstart speaks: steps, commands with their output, expectations. Sourced.

bold='' dim='' green='' red='' plain=''
if [ -t 1 ]; then
  bold=$'\e[1m' dim=$'\e[2m' green=$'\e[32m' red=$'\e[31m' plain=$'\e[0m'
fi

step_number=0
step_title='getting ready'
output='' # of the last command that was run
logs=''   # where fail() finds logs, once there are some

# step TITLE SENTENCE...: opens a numbered step.
step() {
  step_number=$((step_number + 1))
  step_title="step $step_number, $1"
  printf '\n%s%d. %s%s\n' "$bold" $step_number "$1" "$plain"
  shift
  explain "$@"
}

explain() { printf '%s\n' "$@" | fold -s -w 96; }

# run COMMAND: shows it as one would type it, runs it, shows and keeps its output. Its status is
# run's.
run() {
  local status=0
  printf '%s  $ %s%s\n' "$green" "$1" "$plain"
  output=$(eval "$1" 2>&1) || status=$?
  [ -z "$output" ] || printf '%s\n' "$output" | sed 's/^/    /'
  return $status
}

# expect SENTENCE TEST...: the step fails unless the test holds.
expect() {
  local sentence=$1
  shift
  "$@" || fail "expected: $sentence" "got: ${output:-nothing}"
}

contains() { case $output in *"$1"*) ;; *) return 1 ;; esac; }
lacks() { ! contains "$1"; }
is() { [ "$output" = "$1" ]; }

# fail SENTENCE...: says where the story broke, with the end of every log, and ends everything.
fail() {
  local log
  {
    printf '\n%sFailed in %s.%s\n' "$red" "$step_title" "$plain"
    printf '  %s\n' "$@"
    for log in ${logs:+"$logs"/*.log}; do
      [ -s "$log" ] || continue
      printf '\n%s--- the end of %s%s\n' "$dim" "$log" "$plain"
      tail -n 8 "$log"
    done
  } >&2
  exit 1
}

# progress_bar PERCENT: on a terminal only.
progress_bar() {
  [ -t 1 ] || return 0
  local filled
  filled=$(printf "%$(($1 * 2 / 5))s" '')
  printf '\r  [%-40s] %3d %%' "${filled// /#}" "$1"
}

# milliseconds: since the epoch.
milliseconds() { printf '%s' $((${EPOCHREALTIME/[.,]/} / 1000)); }

# wait_until SECONDS COMMAND...: looks every 50 ms; fails when the time is over. A process of the
# fleet that ends by itself ends the waiting and the story.
wait_until() {
  local deadline=$(($(milliseconds) + $1 * 1000))
  shift
  until "$@" >/dev/null 2>&1; do
    require_running
    [ "$(milliseconds)" -lt $deadline ] || return 1
    sleep 0.05
  done
}
