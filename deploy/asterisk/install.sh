#!/usr/bin/env bash
# Puts a real Asterisk of a chosen major version on a Debian machine, without touching the
# machine's own packages: tests, the demo and the docker image all get theirs from here.
set -euo pipefail

readonly PACKAGES=asterisk
declare -Ar SUITES=([22]=sid [16]=bullseye)

usage() {
    cat <<'USAGE'
Usage: install.sh VERSION [DIR]     a root directory of its own, to be entered by chroot
       install.sh VERSION --here    into the running system (used for the docker image)

  VERSION  22 (Debian sid) or 16 (Debian bullseye)
  DIR      default /var/cache/callcenter/asterisk-VERSION; kept and reused once complete

Environment: DEBIAN_MIRROR, the mirror to give to debootstrap instead of its default.
USAGE
}

die() {
    echo "install.sh: $*" >&2
    exit 1
}

check_machine() {
    [[ $EUID -eq 0 ]] || die "must run as root (chroot and package installation need it)"
    [[ -e /etc/debian_version ]] || die "needs Debian or a relative of it (apt and debootstrap)"
    case "$(dpkg --print-architecture)" in
        amd64 | arm64) ;;
        *) die "architecture $(dpkg --print-architecture) is not supported, only amd64 and arm64" ;;
    esac
}

apt_install() {
    export DEBIAN_FRONTEND=noninteractive
    apt-get update -qq
    apt-get install -y -qq --no-install-recommends "$@" >/dev/null
}

# What "complete" means: the last step of a build writes the stamp, and the binary is there.
is_complete() {
    [[ -f "$1/.callcenter-complete" && -x "$1/usr/sbin/asterisk" ]]
}

# "22.10.1" out of "1:22.10.1+dfsg+~cs6.17-1": epoch and packaging suffix mean nothing here.
major_of() {
    local version=${1#*:}
    echo "${version%%.*}"
}

check_major() {
    local wanted=$1 where=$3 found
    found=$(major_of "$2")
    [[ $found == "$wanted" ]] || die "$where has Asterisk ${found:-(none)}, not $wanted"
}

install_here() {
    local version=$1 candidate
    apt-get update -qq
    candidate=$(apt-cache policy asterisk | sed -n 's/^ *Candidate: //p')
    check_major "$version" "$candidate" "this system (Debian $(</etc/debian_version))"
    apt_install "$PACKAGES"
    echo "Asterisk $version is installed in this system."
}

# A root made by hand with debootstrap has no stamp; it is taken over if it is whole.
adopt() {
    local version=$1 dir=$2 found
    [[ -x $dir/usr/sbin/asterisk ]] || return 1
    found=$(dpkg-query --admindir="$dir/var/lib/dpkg" -W -f '${Status} ${Version}' asterisk) ||
        return 1
    [[ $found == "install ok installed "* ]] || return 1
    check_major "$version" "${found##* }" "$dir"
    complete "$dir" "${found##* }"
}

complete() {
    local dir=$1 version=$2
    # minbase has no hosts file, and Asterisk looks up its own name at the start of each call.
    [[ -e $dir/etc/hosts ]] || printf '127.0.0.1 localhost\n::1 localhost\n' >"$dir/etc/hosts"
    echo "$version" >"$dir/.callcenter-complete"
}

install_root() {
    local version=$1 dir=$2 partial=$2.partial
    if is_complete "$dir" || adopt "$version" "$dir"; then
        echo "Asterisk $version is already in $dir."
        return
    fi
    [[ ! -e $dir ]] || die "$dir exists and is not a complete Asterisk root; remove it first"
    command -v debootstrap >/dev/null && [[ -d /usr/share/keyrings ]] ||
        apt_install debootstrap debian-archive-keyring
    rm -rf "$partial"
    mkdir -p "$(dirname "$dir")"
    build "$version" "$partial"
    mv "$partial" "$dir"
    echo "Asterisk $version is in $dir."
}

build() {
    local version=$1 partial=$2 log=$2.log
    echo "Installing Asterisk $version (Debian ${SUITES[$version]}) into ${partial%.partial} ..."
    # minbase and nothing recommended: a PBX on loopback needs no mail server or manual pages.
    if ! debootstrap --variant=minbase --include="$PACKAGES" "${SUITES[$version]}" "$partial" \
        ${DEBIAN_MIRROR:+"$DEBIAN_MIRROR"} >"$log" 2>&1; then
        tail -n 20 "$log" >&2
        die "debootstrap failed; its whole output is in $log"
    fi
    rm -rf "$partial"/var/cache/apt/archives/*.deb "$partial"/var/lib/apt/lists/* "$log"
    local found
    found=$(dpkg-query --admindir="$partial/var/lib/dpkg" -W -f '${Version}' asterisk)
    check_major "$version" "$found" "Debian ${SUITES[$version]} now"
    complete "$partial" "$found"
}

main() {
    case "${1:-}" in
        -h | --help) usage; exit 0 ;;
        "") usage >&2; exit 2 ;;
    esac
    [[ -n ${SUITES[$1]:-} ]] || die "version '$1' is not known; choose 22 or 16"
    check_machine
    if [[ ${2:-} == --here ]]; then
        install_here "$1"
    else
        # Two test runs may ask at the same moment; the second one finds the first one's root.
        mkdir -p /var/cache/callcenter
        exec 9>"/var/cache/callcenter/.install-$1.lock"
        flock 9
        install_root "$1" "$(realpath -m "${2:-/var/cache/callcenter/asterisk-$1}")"
    fi
}

main "$@"
