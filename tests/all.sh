#!/usr/bin/env bash
# All tests, in two halves side by side: those with telephones mostly wait, the others compute.
# Usage: tests/all.sh PYTEST. What the first half said is shown when the second is through.
set -uo pipefail
pytest=$1
mkdir -p build
"$pytest" -p no:cacheprovider tests/e2e tests/pbx >build/telephones.log 2>&1 &
telephones=$!
trap 'kill "$telephones" 2>/dev/null' INT TERM
"$pytest" --ignore=tests/e2e --ignore=tests/pbx
others=$?
echo "Now the tests with telephones (build/telephones.log) ..."
wait "$telephones"
status=$?
cat build/telephones.log
exit $((others | status))
