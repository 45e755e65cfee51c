#!/usr/bin/env bash
# All tests, in three chains side by side: telephones, browsers with telephones, and what computes.
# Usage: tests/all.sh PYTEST. What the first two said is shown when the third is through.
set -uo pipefail
pytest=$1
options=(-r R --durations=10)  # which tests had a second try, and which took longest

pages() { printf 'tests/e2e/test_%s.py ' "$@"; }

# Pages without telephones, and what is asked over HTTP: done by whichever chain is through with its
# own, a part at a time and long ones first, so that none is left to compute alone for long.
shared=(
  "$(pages console_faces customers_console report_console webhooks_console board_page)"
  "$(pages admin_console ticket_settings library retention_console)"
  "$(pages tickets_console tickets_shared import_console quality)"
  "tests/web/test_[a-d]*" "tests/web/test_[e-r]*" "tests/web/test_[s-z]*" "tests/web/reports"
  "tests/store"
)
# shellcheck disable=SC2206  # files, separated by blanks
without_telephones=(${shared[@]:0:3})
rm -rf build/taken && mkdir -p build/taken

# One run of a chain; what ends the chain ends it too.
part() {
  "$pytest" "${options[@]}" -p no:cacheprovider "$@" &
  trap 'kill "$!"; exit 1' TERM
  wait "$!"
}

chain() {
  local status=0 place
  part "$@" || status=1
  for place in "${!shared[@]}"; do
    mkdir "build/taken/$place" 2>/dev/null || continue  # another chain has it
    # shellcheck disable=SC2086  # files, or a pattern of files
    part ${shared[place]} || status=1
  done
  return "$status"
}

chain tests/pbx >build/telephones.log 2>&1 &
telephones=$!
chain tests/e2e "${without_telephones[@]/#/--ignore=}" >build/browsers.log 2>&1 &
browsers=$!
trap 'kill "$telephones" "$browsers" 2>/dev/null' INT TERM
chain tests --ignore=tests/e2e --ignore=tests/pbx --ignore=tests/web --ignore=tests/store
status=$?
for other in telephones browsers; do
  echo "Now the tests with $other (build/$other.log) ..."
  wait "${!other}"
  status=$((status | $?))
  cat "build/$other.log"
done
exit "$status"
