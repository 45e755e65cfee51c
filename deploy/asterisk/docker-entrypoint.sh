#!/usr/bin/env bash
# Renders the configuration from the container's environment, then becomes Asterisk.
set -euo pipefail

python3 /opt/callcenter/callcenter/pbx/render.py /etc/asterisk
mkdir -p /var/spool/asterisk/monitor /var/log/asterisk/cel-custom /var/log/asterisk/cdr-csv \
    /var/run/asterisk
# Volumes come with root's ownership, and the rendered files hold passwords.
chown -R asterisk:asterisk /etc/asterisk /var/spool/asterisk /var/log/asterisk \
    /var/lib/asterisk /var/run/asterisk
exec asterisk -f -U asterisk -G asterisk "$@"
