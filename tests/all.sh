#!/usr/bin/env bash
# All tests, in three parts side by side: those with telephones and browsers mostly wait, the others
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
"$pytest" "${options[@]}" -p no:cacheprovider tests/pbx "${pages[@]}" >build/telephones.log 2>&1 &
telephones=$!
"$pytest" "${options[@]}" -p no:cacheprovider tests/e2e "${pages[@]/#/--ignore=}" >build/browsers.log 2>&1 &
browsers=$!
trap 'kill "$telephones" "$browsers" 2>/dev/null' INT TERM
"$pytest" "${options[@]}" --ignore=tests/e2e --ignore=tests/pbx
status=$?
for part in telephones browsers; do
  echo "Now the tests with $part (build/$part.log) ..."
  wait "${!part}"
  status=$((status | $?))
  cat "build/$part.log"
done
exit "$status"
