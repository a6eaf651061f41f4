/** Where an installed daemon has its files. @module */

/** Folder of the configuration; what is in it is the administrator's. */
export const CONFIG_FOLDER = "/etc/sightline";

export const CONFIG_FILE = `${CONFIG_FOLDER}/sightline.yaml`;

/** Files with one password each, which nobody but root can read. */
export const SECRETS_FOLDER = `${CONFIG_FOLDER}/secrets`;
