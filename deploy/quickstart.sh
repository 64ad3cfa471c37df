#!/usr/bin/env bash
# A whole Meridian fleet on this machine: a controller, two DNS servers, edges in Paris, New York
# and Singapore, two origins. Builds it, starts it, shows what it does, and leaves it running until
# Ctrl-C.
#
#   deploy/quickstart.sh             the story, then the fleet stays up
#   deploy/quickstart.sh --check     the story alone; exit 0 if every step was as it should be
#   deploy/quickstart.sh --fixture   with the small test database of places: fetches nothing
#
# Everything it makes is in build/. Every process listens on 127.10.x.x, on unprivileged ports.
set -euo pipefail
cd "$(dirname "$0")/.."

check=no fixture=no
for argument in "$@"; do
  case $argument in
    --check) check=yes ;;
    --fixture) fixture=yes ;;
    -h | --help) sed -n '2,/^set /{/^set /!s/^# \{0,1\}//p}' "$0"; exit 0 ;;
    *) echo "quickstart.sh: unknown argument '$argument'; see quickstart.sh --help" >&2; exit 2 ;;
  esac
done

state=build/quickstart
bin=build/release/bin
. deploy/quickstart/show.sh
. deploy/quickstart/prepare.sh
. deploy/quickstart/fleet.sh
. deploy/quickstart/story.sh

trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

prepare
tell_story

if [ $check = yes ]; then
  printf '\n%sAll %d steps were as they should be.%s\n' "$green" "$step_number" "$plain"
  exit 0
fi
what_next
stay_up
