import { lookup as systemLookup } from 'node:dns';
import { isIP, type LookupFunction } from 'node:net';
import { type AllowList, createAllowList, isPublicAddress } from './address-ranges.js';

/** An address that requests of this server must not go to. The message is for the user who gave it. */
export class ForbiddenTargetError extends Error {
  override readonly name = 'ForbiddenTargetError';
}

export interface ResolvedAddress {
  readonly address: string;
  readonly family: number;
}

export interface OutboundPolicy {
  readonly allow: AllowList;
  /** All addresses of a name; default: the resolver of the system. */
  readonly resolve?: (host: string) => Promise<readonly ResolvedAddress[]>;
}

export interface PublicTarget {
  readonly url: URL;
  /** Every address of the host, all of them checked. */
  readonly addresses: readonly ResolvedAddress[];
  /** For `http.request`: answers with the checked addresses only, whatever the name says by then. */
  readonly lookup: LookupFunction;
}

/** @param allowed `outboundAllow` of the configuration */
export function createOutboundPolicy(allowed: readonly string[] = []): OutboundPolicy {
  return { allow: createAllowList(allowed) };
}

function resolveBySystem(host: string): Promise<readonly ResolvedAddress[]> {
  return new Promise((resolve, reject) => {
    systemLookup(host, { all: true, verbatim: true }, (error, addresses) =>
      error ? reject(error) : resolve(addresses),
    );
  });
}

/** Port of the URL, also when it is the one of its scheme. */
function portOf(url: URL): number {
  return url.port === '' ? (url.protocol === 'https:' ? 443 : 80) : Number(url.port);
}

/** What can be said without asking a name server: scheme, credentials, host that is an address. */
function checkedUrl(
  text: string | URL,
  policy: OutboundPolicy,
): { readonly url: URL; readonly host: string } {
  let url: URL;
  try {
    url = new URL(text);
  } catch {
    throw new ForbiddenTargetError('is not a URL');
  }
  if (url.protocol !== 'http:' && url.protocol !== 'https:') {
    throw new ForbiddenTargetError('must begin with https:// or http://');
  }
  if (url.username !== '' || url.password !== '') {
    throw new ForbiddenTargetError('must not hold a user name or password');
  }
  // The parser has turned 0x7f.1, 2130706433 and the like into plain addresses.
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1').replace(/\.$/, '');
  if (host === '') throw new ForbiddenTargetError('has no host');
  if (isIP(host) !== 0) refuseAddress(host, host, portOf(url), policy);
  return { url, host };
}

function refuseAddress(address: string, host: string, port: number, { allow }: OutboundPolicy): void {
  if (isPublicAddress(address) || allow.allowsAddress(address) || allow.allowsHost(host, port)) return;
  // The address a name resolves to is not told: it would map the inner network.
  throw new ForbiddenTargetError('leads to a private, local or reserved address');
}

/** @throws ForbiddenTargetError when one of the addresses is not allowed */
async function checkedAddresses(
  host: string,
  port: number,
  policy: OutboundPolicy,
): Promise<readonly ResolvedAddress[]> {
  const version = isIP(host);
  if (version !== 0) {
    refuseAddress(host, host, port, policy);
    return [{ address: host, family: version }];
  }
  const addresses = await (policy.resolve ?? resolveBySystem)(host).catch(() => []);
  if (addresses.length === 0) throw new ForbiddenTargetError('has a host that cannot be resolved');
  for (const { address } of addresses) refuseAddress(address, host, port, policy);
  return addresses;
}

/** Answers from a list, in every form `net.connect` and `tls.connect` ask for. */
function answerFrom(addresses: readonly ResolvedAddress[]): LookupFunction {
  return (_host, options, callback) => {
    const family = options.family === 4 || options.family === 6 ? options.family : 0;
    const fitting = addresses.filter((entry) => family === 0 || entry.family === family);
    const [first] = fitting;
    if (first === undefined) {
      callback(new ForbiddenTargetError('has no address of the family asked for'), '', 0);
    } else if (options.all === true) callback(null, [...fitting]);
    else callback(null, first.address, first.family);
  };
}

/**
 * Resolves the host of an http(s) URL and refuses it unless **every** address is public or allowed by the policy.
 * Connect with the `lookup` of the answer: it is pinned to what was checked.
 *
 * @throws ForbiddenTargetError whose message completes "<field> …"
 */
export async function assertPublicHttpTarget(
  text: string | URL,
  policy: OutboundPolicy = createOutboundPolicy(),
): Promise<PublicTarget> {
  const { url, host } = checkedUrl(text, policy);
  const addresses = await checkedAddresses(host, portOf(url), policy);
  return { url, addresses, lookup: answerFrom(addresses) };
}

/**
 * A `lookup` for agents that live longer than one request: every connection resolves and checks anew, and goes to an
 * address of that very answer. Literal addresses never reach a lookup: check those before.
 */
export function guardedLookup(port: number, policy: OutboundPolicy): LookupFunction {
  return (host, options, callback) => {
    checkedAddresses(host, port, policy).then(
      (addresses) => answerFrom(addresses)(host, options, callback),
      (error: Error) => callback(error, '', 0),
    );
  };
}
