import { BlockList, isIP } from 'node:net';

/**
 * What is not the public internet, by the special-purpose address registries of IANA (RFC 6890 and its updates):
 * this network, private, carrier NAT, loopback, link-local (with the metadata services of clouds), protocol
 * assignments, documentation, benchmarking, 6to4 relay, multicast, reserved, broadcast.
 */
const SPECIAL_IPV4: readonly (readonly [string, number])[] = [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.31.196.0', 24],
  ['192.52.193.0', 24],
  ['192.88.99.0', 24],
  ['192.168.0.0', 16],
  ['192.175.48.0', 24],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 4],
  ['240.0.0.0', 4],
];

/** The global unicast block; everything outside of it is local, multicast, mapped or reserved. */
const GLOBAL_IPV6 = ['2000::', 3] as const;
/** Within it: Teredo and protocol assignments, documentation, 6to4 (which holds any IPv4 address), SRv6. */
const SPECIAL_IPV6: readonly (readonly [string, number])[] = [
  ['2001::', 23],
  ['2001:db8::', 32],
  ['2002::', 16],
  ['3fff::', 20],
  ['5f00::', 16],
];

const special4 = new BlockList();
for (const [net, bits] of SPECIAL_IPV4) special4.addSubnet(net, bits, 'ipv4');
const global6 = new BlockList();
global6.addSubnet(...GLOBAL_IPV6, 'ipv6');
const special6 = new BlockList();
for (const [net, bits] of SPECIAL_IPV6) special6.addSubnet(net, bits, 'ipv6');

/** Without the zone of a link-local address. */
function bare(address: string): string {
  return address.split('%', 1)[0];
}

/** Whether an address (IPv4 or IPv6, as text) lies in the public internet. False for what is no address. */
export function isPublicAddress(address: string): boolean {
  const text = bare(address);
  const version = isIP(text);
  if (version === 4) return !special4.check(text, 'ipv4');
  // A zone belongs to one link of this machine.
  if (version !== 6 || text !== address) return false;
  return global6.check(text, 'ipv6') && !special6.check(text, 'ipv6');
}

/** Hosts, addresses and networks that may be reached although they are not public. */
export interface AllowList {
  /** By name, or by name and port. */
  allowsHost(host: string, port: number): boolean;
  allowsAddress(address: string): boolean;
}

/**
 * @param entries names (`minio.internal`, `minio.internal:9000`), addresses, networks (`10.0.0.0/8`)
 * @throws Error naming the entry that is none of these
 */
export function createAllowList(entries: readonly string[]): AllowList {
  const hosts = new Set<string>();
  const networks = new BlockList();
  for (const entry of entries) {
    const [address, bits, ...rest] = entry.split('/');
    const version = isIP(address);
    const longest = version === 6 ? 128 : 32;
    if (version !== 0 && rest.length === 0 && (bits === undefined || /^\d+$/.test(bits))) {
      const length = bits === undefined ? longest : Number(bits);
      if (length > longest) throw new Error(`"${entry}" is no network`);
      networks.addSubnet(address, length, version === 6 ? 'ipv6' : 'ipv4');
    } else if (/^[a-z0-9]([a-z0-9.-]*[a-z0-9])?(:\d{1,5})?$/i.test(entry)) {
      hosts.add(entry.toLowerCase());
    } else throw new Error(`"${entry}" is no host name, address or network`);
  }
  return {
    allowsHost: (host, port) => hosts.has(host.toLowerCase()) || hosts.has(`${host.toLowerCase()}:${port}`),
    allowsAddress(address) {
      const version = isIP(bare(address));
      return version !== 0 && networks.check(bare(address), version === 6 ? 'ipv6' : 'ipv4');
    },
  };
}
