#!/usr/bin/env bash
# All tests, in three chains side by side: those with telephones and browsers mostly wait, the others
# compute. Usage: tests/all.sh PYTEST. What the first two said is shown when the third is through.
set -uo pipefail
pytest=$1
options=(-r R --durations=10)  # which tests had a second try, and which took longest
# Pages that need no PBX follow the telephones, whose tests are the sooner through.
pages=()
for subject in admin_console board_page console_faces customers_console import_console library quality \
  report_console retention_console ticket_settings tickets_console tickets_shared webhooks_console; do
  pages+=("tests/e2e/test_$subject.py")
done
# What is asked over HTTP is done by whichever chain is through with its own, a part at a time: so
# none is left to compute alone for long.
asked=("tests/store" "tests/web/reports" "tests/web/test_[a-h]*" "tests/web/test_[i-q]*"
  "tests/web/test_[rs]*" "tests/web/test_[t-z]*")
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
  for place in "${!asked[@]}"; do
    mkdir "build/taken/$place" 2>/dev/null || continue  # another chain has it
    # shellcheck disable=SC2086  # a pattern of files
    part ${asked[place]} || status=1
  done
  return "$status"
}

chain tests/pbx "${pages[@]}" >build/telephones.log 2>&1 &
telephones=$!
chain tests/e2e "${pages[@]/#/--ignore=}" >build/browsers.log 2>&1 &
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
