import { CONFIG_FILE, CONFIG_FOLDER } from "./places.ts";
import type { ServiceOptions } from "./service_options.ts";

/** What OpenWrt keeps over an upgrade of its system: a list of paths. */
export const KEEP_LIST = `${CONFIG_FOLDER}/\n`;

/** The service script of OpenWrt, run by its /etc/rc.common for procd. */
export function procdScript({ binary, lowMemory }: ServiceOptions): string {
  return `#!/bin/sh /etc/rc.common
# shellcheck shell=sh
# Cameras behind NAT as RTSP on this machine.

# shellcheck disable=SC2034  # read by rc.common
USE_PROCD=1 START=95 STOP=10

ACCOUNT=sightline

# An account of its own, and nobody else's eyes on configuration and secrets.
ensure_account() {
	local gid
	gid="$(group_add_next "$ACCOUNT")"
	user_exists "$ACCOUNT" || user_add "$ACCOUNT" "" "$gid"
	chgrp -R "$ACCOUNT" ${CONFIG_FOLDER}
	chmod -R g+rX,o-rwx ${CONFIG_FOLDER}
}

start_service() {
	ensure_account
	procd_open_instance
	procd_set_param command ${binary} serve --config ${CONFIG_FILE}${lowMemory ? " --low-memory" : ""}
	procd_set_param user "$ACCOUNT"
	procd_set_param no_new_privs 1
	# As often as it takes, 5 seconds apart.
	procd_set_param respawn 3600 5 0
	procd_set_param term_timeout 20
	procd_set_param stdout 1
	procd_set_param stderr 1
	procd_close_instance
}

# SIGHUP: the configuration is read again, and streams that it says nothing new of go on.
reload_service() {
	procd_send_signal sightline
}
`;
}
