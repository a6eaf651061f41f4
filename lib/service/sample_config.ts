import { SECRETS_FOLDER } from "./places.ts";

/** The configuration of a first installation. */
export const SAMPLE_CONFIG = `\
# Cameras of this machine. Every setting there is:  sightline check --schema
# After a change:  systemctl reload sightline  (OpenWrt: /etc/init.d/sightline reload)
#
# Everybody on this machine can read this file. Passwords are in files of their own, which only root
# can: ${SECRETS_FOLDER}/front has one line, the password. After a change there, restart the service.

cameras: {}
#  front:
#    address: dahua://admin@4K0123PAZ00001
#    password_file: \${CREDENTIALS_DIRECTORY}/secrets_front    # OpenWrt: secrets/front
#  yard:
#    address: reolink://admin@95270000YGAKNWKJ
#    password_file: \${CREDENTIALS_DIRECTORY}/secrets_yard

# For viewers on other machines: who may watch, and where.
#rtsp:
#  listen: 0.0.0.0:8554
#  users: [{ name: viewer, password_file: "\${CREDENTIALS_DIRECTORY}/secrets_viewer" }]
`;
