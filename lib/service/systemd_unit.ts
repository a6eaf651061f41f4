import { CONFIG_FILE, SECRETS_FOLDER } from "./places.ts";
import type { ServiceOptions } from "./service_options.ts";

/** The oldest systemd that hands a service a whole folder of credentials. */
export const OLDEST_SYSTEMD = 250;

/**
 * The unit: an account of its own for as long as it runs, no capabilities, a read-only system, and
 * secrets that are handed to it alone.
 */
export function systemdUnit({ binary, lowMemory }: ServiceOptions): string {
  return `[Unit]
Description=Cameras behind NAT as RTSP on this machine
Wants=network-online.target
After=network-online.target

[Service]
Type=notify
# The program has systemd-notify report, which is a process of its own.
NotifyAccess=all
WatchdogSec=60
ExecStart=${binary} serve --config ${CONFIG_FILE}${lowMemory ? " --low-memory" : ""}
# The kill that is a program of its own is not on every machine.
ExecReload=/bin/sh -c "kill -HUP \${MAINPID}"
Restart=always
RestartSec=5
TimeoutStopSec=20

DynamicUser=yes
StateDirectory=sightline
StateDirectoryMode=0700
WorkingDirectory=%S/sightline
# ${SECRETS_FOLDER}/NAME is \${CREDENTIALS_DIRECTORY}/secrets_NAME in the configuration.
LoadCredential=secrets:${SECRETS_FOLDER}
UMask=0077

# To listen on ports below 1024, add CAP_NET_BIND_SERVICE to both, and set PrivateUsers=no.
CapabilityBoundingSet=
AmbientCapabilities=
NoNewPrivileges=yes
ProtectSystem=strict
ProtectHome=yes
PrivateTmp=yes
PrivateDevices=yes
PrivateMounts=yes
PrivateUsers=yes
ProtectProc=invisible
ProcSubset=pid
ProtectClock=yes
ProtectControlGroups=yes
ProtectHostname=yes
ProtectKernelLogs=yes
ProtectKernelModules=yes
ProtectKernelTunables=yes
RestrictAddressFamilies=AF_INET AF_INET6 AF_NETLINK AF_UNIX
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
LockPersonality=yes
RemoveIPC=yes
SystemCallArchitectures=native
SystemCallFilter=@system-service
SystemCallFilter=~@privileged @resources
SystemCallErrorNumber=EPERM
# MemoryDenyWriteExecute=yes works, too: the engine then does without its compiler, which takes 40 MB
# less and four times the CPU.

[Install]
WantedBy=multi-user.target
`;
}
