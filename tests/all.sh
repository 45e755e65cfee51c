#!/usr/bin/env bash
# All tests, in three chains side by side: those with telephones and browsers mostly wait, the others
# compute. Usage: tests/all.sh PYTEST. What the first two said is shown when the third is through.
set -uo pipefail
pytest=$1
options=(-r R --durations=10)  # which tests had a second try, and which took longest
mkdir -p build
# Pages that need no PBX follow the telephones, whose tests are the sooner through.
pages=()
for subject in admin_console board_page console_faces customers_console import_console library quality \
  report_console retention_console ticket_settings tickets_console tickets_shared webhooks_console; do
  pages+=("tests/e2e/test_$subject.py")
done
# What is asked over HTTP follows the browsers, so that no chain is left to compute alone for long.
asked=(tests/web tests/store)

# One run of a chain; what ends the chain ends it too.
part() {
  "$pytest" "${options[@]}" -p no:cacheprovider "$@" &
  trap 'kill "$!"; exit 1' TERM
  wait "$!"
}

browsers() {
  local status=0
  part tests/e2e "${pages[@]/#/--ignore=}" || status=1
  part "${asked[@]}" || status=1
  return "$status"
}

part tests/pbx "${pages[@]}" >build/telephones.log 2>&1 &
telephones=$!
browsers >build/browsers.log 2>&1 &
browsers=$!
trap 'kill "$telephones" "$browsers" 2>/dev/null' INT TERM
"$pytest" "${options[@]}" --ignore=tests/e2e --ignore=tests/pbx "${asked[@]/#/--ignore=}"
status=$?
for chain in telephones browsers; do
  echo "Now the tests with $chain (build/$chain.log) ..."
  wait "${!chain}"
  status=$((status | $?))
  cat "build/$chain.log"
done
exit "$status"
