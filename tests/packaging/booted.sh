#!/bin/sh
# Run by the init of a booted Debian that has nothing but a loopback: installs, runs, upgrades and
# removes the service, first by the program itself, then as a package. /sightline is the program,
# /first.deb and /second.deb are packages. The last line says whether all went well.
exec > /result.log 2>&1
set -eux
trap 'if [ $? = 0 ]; then echo "all is well"; else systemctl status sightline; journalctl -u sightline; fi' EXIT

ip link set lo up
main_pid() { systemctl show sightline --property MainPID --value; }
# The daemon answers, and knows that camera.
knows() { "$1" list --json | grep -q "\"name\":\"$2\""; }
empty() { [ -z "$("$1" list --json)" ]; }

# The command is refused, and says why.
refused() {
	said=$1
	shift
	if "$@" > /refused.log 2>&1; then return 1; fi
	cat /refused.log
	grep -q -e "$said" /refused.log
}

# --- by itself
refused "only root may" setpriv --reuid=65534 --regid=65534 --clear-groups /sightline install
printf 'cameras: { front: { address: nowhere } }\n' > /bad.yaml
refused "/bad.yaml:1:[0-9]*: cameras.front.address" /sightline install --config /bad.yaml
[ ! -e /etc/sightline ]
/sightline install
systemctl is-active sightline
empty /usr/local/bin/sightline
[ "$(systemctl show sightline --property StatusText --value)" = "RTSP at 127.0.0.1:8554, API at 127.0.0.1:8580" ]
systemd-analyze verify /etc/systemd/system/sightline.service
systemd-analyze security sightline | tail -1

# no account of the system's, no capability, no new privileges, a filter of system calls
pattern='^(Uid:	6[1-5][0-9]{3}	|Cap...:	0{16}$|NoNewPrivs:	1|Seccomp:	2)'
[ "$(grep -cE "$pattern" "/proc/$(main_pid)/status")" = 8 ]

# secrets are handed over, a reload takes the configuration, mistakes change nothing
echo hunter2 > /etc/sightline/secrets/front
chmod 600 /etc/sightline/secrets/front
systemctl restart sightline
cat > /etc/sightline/sightline.yaml <<'EOF'
cameras:
  front:
    address: dahua://admin@4K0123PAZ00001
    password_file: ${CREDENTIALS_DIRECTORY}/secrets_front
EOF
before=$(main_pid)
systemctl reload sightline
sleep 1
knows /usr/local/bin/sightline front
[ "$(main_pid)" = "$before" ]
echo 'cameras: [' > /etc/sightline/sightline.yaml
systemctl reload sightline
sleep 1
knows /usr/local/bin/sightline front
printf 'cameras:\n  yard:\n    address: dahua://4K0123PAZ00001\n' > /etc/sightline/sightline.yaml

# an upgrade keeps what the administrator wrote
/sightline install --low-memory
systemctl is-active sightline
knows /usr/local/bin/sightline yard
[ -f /etc/sightline/secrets/front ]

# one that hangs is replaced; so is one that is killed
mkdir -p /etc/systemd/system/sightline.service.d
printf '[Service]\nWatchdogSec=2\nRestartSec=1\n' > /etc/systemd/system/sightline.service.d/test.conf
systemctl daemon-reload
systemctl restart sightline
sleep 5
before=$(main_pid)
systemctl is-active sightline
kill -STOP "$before"
sleep 6
[ "$(main_pid)" != "$before" ]
knows /usr/local/bin/sightline yard
before=$(main_pid)
kill -KILL "$before"
sleep 4
[ "$(main_pid)" != "$before" ]
knows /usr/local/bin/sightline yard
rm -r /etc/systemd/system/sightline.service.d

/usr/local/bin/sightline uninstall
[ ! -e /usr/local/bin/sightline ]
[ ! -e /etc/systemd/system/sightline.service ]
[ -f /etc/sightline/sightline.yaml ]
rm -r /etc/sightline

# --- as a package
export DEBIAN_FRONTEND=noninteractive
dpkg --install /first.deb
systemctl is-active sightline
empty /usr/bin/sightline
sightline version
refused "belongs to a package" /sightline install
refused "belongs to a package" /sightline uninstall --purge
printf 'cameras:\n  front:\n    address: dahua://4K0123PAZ00001\n' > /etc/sightline/sightline.yaml
echo hunter2 > /etc/sightline/secrets/front
before=$(main_pid)
dpkg --install --force-confold /second.deb
[ "$(main_pid)" != "$before" ]
knows sightline front
[ -f /etc/sightline/secrets/front ]
dpkg --remove sightline
[ ! -e /usr/bin/sightline ]
[ -f /etc/sightline/sightline.yaml ]
systemctl is-active sightline && exit 1
dpkg --purge sightline
[ ! -e /etc/sightline ]
[ ! -e /var/lib/private/sightline ]
