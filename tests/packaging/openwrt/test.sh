#!/bin/sh
# Run by busybox in a root that looks like OpenWrt's to the program, with nothing but a loopback:
# installs, runs, upgrades and removes the service. /sightline is the program.
set -eux
ip link set lo up

pid() { cat /var/run/sightline.pid; }
# Within ten seconds the daemon answers that it has that camera, or, without one, none.
knows() {
	for _ in $(seq 100); do
		if said="$(sightline list --json 2> /dev/null)"; then
			case "$said" in
			*"\"name\":\"${1:-}\""*) return 0 ;;
			"") [ -n "${1:-}" ] || return 0 ;;
			esac
		fi
		sleep 0.1
	done
	cat /service.log
	return 1
}

/sightline install
knows
[ -x /usr/bin/sightline ]
[ -L /etc/rc.d/S95sightline ]
[ -L /etc/rc.d/K10sightline ]
grep -x /etc/sightline/ /lib/upgrade/keep.d/sightline
cat /procd.log

# an account of its own, which can read the configuration and what it names, and nobody else can
grep -E '^Uid:	65536	65536	65536	65536$' "/proc/$(pid)/status"
cat > /etc/sightline/sightline.yaml <<'YAML'
cameras:
  front: { address: dahua://admin@4K0123PAZ00001, password_file: secrets/front }
YAML
echo hunter2 > /etc/sightline/secrets/front
chmod 600 /etc/sightline/secrets/front
/etc/init.d/sightline restart
knows front
[ "$(stat -c '%a %G' /etc/sightline/secrets/front)" = "640 sightline" ]
[ "$(stat -c '%a %G' /etc/sightline/secrets)" = "750 sightline" ]

# a reload takes the configuration, a mistake changes nothing
before=$(pid)
echo '  yard: { address: dahua://4K0123PAZ00002 }' >> /etc/sightline/sightline.yaml
/etc/init.d/sightline reload
knows yard
echo 'cameras: [' > /etc/sightline/sightline.yaml
/etc/init.d/sightline reload
sleep 1
knows yard
[ "$(pid)" = "$before" ]

# an upgrade keeps what the administrator wrote
echo 'cameras: { yard: { address: dahua://4K0123PAZ00002 } }' > /etc/sightline/sightline.yaml
/sightline install --low-memory
knows yard
[ "$(pid)" != "$before" ]
tr '\0' ' ' < "/proc/$(pid)/cmdline" | grep -e '--low-memory'
[ -f /etc/sightline/secrets/front ]

before=$(pid)
sightline uninstall
[ ! -d "/proc/$before" ]
[ ! -e /usr/bin/sightline ]
[ ! -e /etc/init.d/sightline ]
[ ! -e /etc/rc.d/S95sightline ]
[ -f /etc/sightline/sightline.yaml ]
/sightline uninstall --purge
[ ! -e /etc/sightline ]
echo "all is well"
