import { AppError } from '../../lib/errors.ts';
import { chooseSubnets } from '../../quarantine/subnets.ts';
import { checkMac, checkResolvers, checkUsers, networkNames } from '../addresses.ts';
import type { Forwarder } from '../names/forwarder.ts';
import { helperOf } from '../names/machine-names.ts';
import { listed, loadRules } from '../nft.ts';
import { hasIpv6Routes } from './host/forwarding-ipv6.ts';
import {
  connectNamespace,
  createNamespace,
  enterNamespace,
  namespaceHasIpv6,
  presentNamespaces,
  raiseLoopback,
} from './namespace.ts';
import type { NetworkOptions } from './network-options.ts';
import { USUAL } from './own-subnets.ts';
import { loopbackTransaction, ruleset } from './rules/ruleset.ts';

/** What a new network is made of: IPv6 only where the computer has it, and subnets that the computer does not use. @throws NETWORK_FAILED, SUBNETS_TAKEN */
export async function planNetwork(asked: NetworkOptions) {
  for (const mac of [asked.mac, ...(asked.furtherMacs ?? [])]) checkMac(mac);
  checkUsers(asked);
  if ('addresses' in asked.resolvers) checkResolvers(asked.resolvers.addresses);
  const ipv6 = asked.ipv6 === true && (await hasIpv6Routes());
  const links = await asked.host.links();
  const own = chooseSubnets(links.taken, ipv6);
  return { options: { ...asked, ipv6, own, subnets: own.subnets }, links };
}

type Planned = Awaited<ReturnType<typeof planNetwork>>;

/**
 * Makes the namespace with its uplink and its rules, in mode `refuse`, and with what `filling` puts in their sets; the forwarder is
 * started beside that. @throws NETWORK_FAILED, FILTER_FAILED
 */
export async function makeNamespace(
  options: Planned['options'],
  links: Planned['links'],
  { forwarder, filling }: { forwarder: Forwarder | undefined; filling: string },
): Promise<void> {
  const names = networkNames(options.id);
  await createNamespace(names, options);
  // Now that the uplink is there: whoever else takes the computer’s part away sees that it is needed.
  await options.host.prepare(names.uplink, options.ipv6, links.read);
  forwarder?.serve().catch(() => undefined);
  await loadRules(
    enterNamespace(names.namespace),
    `${ruleset({ ...options, computer: links.addresses, helper: helperOf(options) })}${filling}`,
  );
  await options.host.admit(names.uplink, options.ipv6);
  await connectNamespace(names, options);
}

/** How a network that is there was made. @throws NETWORK_FAILED when it is not there */
export async function findNetwork(asked: NetworkOptions): Promise<NetworkOptions> {
  const { namespace } = networkNames(asked.id);
  if (!(await presentNamespaces()).includes(namespace))
    throw new AppError('NETWORK_FAILED', `the machine’s namespace ${namespace} has gone`);
  const { subnets } = asked.own ?? USUAL;
  return { ...asked, ipv6: await namespaceHasIpv6(namespace, subnets) };
}

/** Gives a network that an older service made the helpers’ way to their forwarder. */
export async function addLoopback(options: NetworkOptions): Promise<void> {
  const { namespace } = networkNames(options.id);
  const enter = enterNamespace(namespace);
  if ((await listed(enter, ['chain', 'inet', 'lazaret', 'output'])).includes('oifname "lo"')) return;
  await loadRules(enter, `${loopbackTransaction(helperOf(options)).join('\n')}\n`);
  await raiseLoopback(namespace);
}
