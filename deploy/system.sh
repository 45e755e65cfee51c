#!/usr/bin/env bash
# Installs the programs that the tests and the demo run beside the service: Chromium, PostgreSQL,
# Redis, SIPp, and an Asterisk of each version named. What is there already is left as it is.
#
#   deploy/system.sh test    everything the tests need
#   deploy/system.sh demo    what `make demo` needs
#   deploy/system.sh python  what Debian leaves out of Python: venv
set -euo pipefail
cd "$(dirname "$0")"

# program to look for -> Debian package that brings it
declare -A packages
case "${1:-}" in
  test)
    packages=(
      [debootstrap]=debootstrap [sipp]=sip-tester [chromium]=chromium
      [chromium-headless-shell]=chromium-headless-shell
      [/usr/lib/postgresql/*/bin/initdb]=postgresql [redis-server]=redis-server
    )
    versions=(22 16)
    ;;
  demo)
    packages=([debootstrap]=debootstrap [sipp]=sip-tester)
    versions=(22)
    ;;
  python)
    packages=(["python3.11:ensurepip"]=python3.11-venv)
    versions=()
    ;;
  *)
    echo "usage: deploy/system.sh test|demo|python" >&2
    exit 2
    ;;
esac

# A path may hold a pattern; interpreter:module is looked for by importing it.
is_there() {
  case $1 in
    /*) compgen -G "$1" >/dev/null ;;
    *:*) "${1%%:*}" -c "import ${1#*:}" 2>/dev/null ;;
    *) command -v "$1" >/dev/null ;;
  esac
}

missing=()
for program in "${!packages[@]}"; do
  is_there "$program" || missing+=("${packages[$program]}")
done

if ((${#missing[@]})); then
  if [[ $(id -u) != 0 ]] || ! command -v apt-get >/dev/null; then
    echo "These programs are needed and cannot be installed by this user: ${missing[*]}" >&2
    echo "On Debian, as root: apt-get install ${missing[*]}" >&2
    exit 1
  fi
  echo "installing ${missing[*]}"
  export DEBIAN_FRONTEND=noninteractive
  # Two of us may run side by side (make demo does): wait for each other's lock.
  wait_for_lock=(-o DPkg::Lock::Timeout=300)
  apt-get "${wait_for_lock[@]}" update -qq
  # RUNLEVEL=1: the tests start their own servers on ports of their own; the packages start none.
  RUNLEVEL=1 apt-get "${wait_for_lock[@]}" install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
fi

for version in ${versions[@]+"${versions[@]}"}; do
  asterisk/install.sh "$version"
done
