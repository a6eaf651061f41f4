/** An internet of network namespaces: public hosts, and homes behind routers that really translate. */

import { missing } from "../interop/players.ts";
import { type Namespace, Namespaces } from "./namespace.ts";

/**
 * How a home's router picks the port an inside socket has outside.
 *
 * - `preserving`: the same as inside, whatever the destination
 * - `random`: another one for each destination, which defeats hole punching
 *
 * Either way only those who were sent something may answer: filtering depends on address and port.
 */
export type Masquerade = "preserving" | "random";

/** The addresses in every home, as in most real ones: peers' private addresses collide. */
const ROUTER_ADDRESS = "192.168.1.1";
const HOST_ADDRESSES = ["192.168.1.10", "192.168.1.20"];

const FLAGS: Readonly<Record<Masquerade, string>> = { preserving: "", random: "fully-random" };

/**
 * What common home routers do. What comes from outside unasked is dropped before it gets an entry in
 * the connection table; with an entry, the port would be taken when the hole is punched from inside.
 */
function routerRules(masquerade: Masquerade): string {
  return `
    table ip home {
      chain translate {
        type nat hook postrouting priority srcnat;
        oifname "wan" masquerade ${FLAGS[masquerade]}
      }
      chain toRouter {
        type filter hook input priority filter; policy drop;
        ct state established,related accept
      }
      chain through {
        type filter hook forward priority filter; policy drop;
        iifname "lan" accept
        ct state established,related accept
      }
    }`;
}

/** A network of public addresses, 198.51.100.0/24, which belongs to documentation (RFC 5737). */
export class Internet {
  readonly #namespaces: Namespaces;
  readonly #backbone: Namespace;
  #ports = 0;

  private constructor(namespaces: Namespaces, backbone: Namespace) {
    this.#namespaces = namespaces;
    this.#backbone = backbone;
  }

  /** Rejects where namespaces cannot be made. */
  static async open(): Promise<Internet> {
    const namespaces = new Namespaces();
    try {
      const backbone = await namespaces.make();
      await backbone.ip("link add backbone type bridge\nlink set backbone up");
      return new Internet(namespaces, backbone);
    } catch (error) {
      await namespaces.close();
      throw error;
    }
  }

  /** A host with a public address. */
  async addHost(address: string): Promise<Namespace> {
    const host = await this.#namespaces.make();
    await this.#plug(host, "eth0", address);
    return host;
  }

  /** A home behind a router with a public address. */
  async addHome(address: string, masquerade: Masquerade): Promise<Home> {
    const router = await this.#namespaces.make();
    await router.ip(`
      link add lan type bridge
      addr add ${ROUTER_ADDRESS}/24 dev lan
      link set lan up`);
    await router.nft(routerRules(masquerade));
    await router.sysctl("net/ipv4/ip_forward", "1");
    const port = await this.#plug(router, "wan", address);
    return new Home(this.#namespaces, router, { backbone: this.#backbone, port });
  }

  /** Ends every host. */
  async close(): Promise<void> {
    await this.#namespaces.close();
  }

  /** Joins a device of a namespace to the backbone, and returns the name of the port there. */
  async #plug(namespace: Namespace, device: string, address: string): Promise<string> {
    const port = `port${++this.#ports}`;
    await this.#backbone.ip(`
      link add ${port} type veth peer name ${device} netns ${namespace.pid}
      link set ${port} master backbone up`);
    await namespace.ip(`
      link set lo up
      addr add ${address}/24 dev ${device}
      link set ${device} up`);
    return port;
  }
}

/** A router and the hosts behind it. */
export class Home {
  readonly #namespaces: Namespaces;
  readonly #router: Namespace;
  readonly #line: { readonly backbone: Namespace; readonly port: string };
  #hosts = 0;

  constructor(
    namespaces: Namespaces,
    router: Namespace,
    line: { readonly backbone: Namespace; readonly port: string },
  ) {
    this.#namespaces = namespaces;
    this.#router = router;
    this.#line = line;
  }

  async addHost(): Promise<Namespace> {
    const address = HOST_ADDRESSES[this.#hosts++];
    if (address === undefined) throw new RangeError("Cannot add host as the home is full");
    const host = await this.#namespaces.make();
    await this.#router.ip(`
      link add host${this.#hosts} type veth peer name eth0 netns ${host.pid}
      link set host${this.#hosts} master lan up`);
    await host.ip(`
      link set lo up
      addr add ${address}/24 dev eth0
      link set eth0 up
      route add default via ${ROUTER_ADDRESS}`);
    return host;
  }

  /** Takes the line to the provider down, or up again; the router keeps what it knows. */
  async setLine(up: boolean): Promise<void> {
    const { backbone, port } = this.#line;
    await backbone.ip(`link set ${port} ${up ? "up" : "down"}`);
  }

  /** The same at the router's end, upon which it forgets every connection it has translated. */
  async setUplink(up: boolean): Promise<void> {
    await this.#router.ip(`link set wan ${up ? "up" : "down"}`);
  }
}

/** `false` where homes can be made, otherwise the reason to skip, for `node:test`. */
export async function whyNoHomes(): Promise<string | false> {
  for (const program of ["unshare", "nsenter", "setpriv", "ip", "nft"]) {
    const reason = missing(program, "-V");
    if (reason !== false) return reason;
  }
  let internet: Internet | undefined;
  try {
    internet = await Internet.open();
    const home = await internet.addHome("198.51.100.1", "random");
    await home.addHost();
    return false;
  } catch (error) {
    const [why] = String(error).split("\n").slice(-1);
    return `network namespaces cannot be made here: ${why}`;
  } finally {
    await internet?.close();
  }
}
