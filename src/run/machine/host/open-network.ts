import { MachineNetwork } from '../../../firewall/machine/network.ts';
import type { NetworkOptions } from '../../../firewall/machine/network-options.ts';
import { cardsOf } from '../../../policy/parts/machine-devices.ts';
import type { AccessLists } from '../../../quarantine/lists/access-list.ts';
import type { CurrentPolicy } from '../../../servers/policies.ts';
import { cardMac } from '../../../vm/cards.ts';
import { nameOptions } from '../../access/name-options.ts';
import type { MachineSpec, RunDeps } from '../spec.ts';
import { toldHost } from './told-host.ts';
import { machineUsers } from './users.ts';

/** Makes the network while the policy is looked up, and anew where that has another word on IPv6 than the known one. */
export async function openNetwork(
  stack: AsyncDisposableStack,
  options: NetworkOptions,
  { knownPolicy, looking }: { knownPolicy: CurrentPolicy; looking: Promise<CurrentPolicy> },
): Promise<{ network: MachineNetwork; policy: CurrentPolicy }> {
  const open = ({ document }: CurrentPolicy) =>
    MachineNetwork.open({ ...options, ipv6: document.policy.ipv6 === true });
  await using early = new AsyncDisposableStack();
  const network = early.adopt(await open(knownPolicy), (opened) => opened.close());
  const policy = await looking;
  if ((policy.document.policy.ipv6 === true) === (knownPolicy.document.policy.ipv6 === true)) {
    stack.use(early.move());
    return { network, policy };
  }
  await early.disposeAsync();
  return { network: stack.adopt(await open(policy), (opened) => opened.close()), policy };
}

/** What a machine’s network is made of, with the lists that are known. */
export async function networkOptions(spec: MachineSpec, deps: RunDeps, lists: AccessLists): Promise<NetworkOptions> {
  const { computer, log } = deps;
  const users = machineUsers(spec.number);
  const { id, number, mac, devices = {} } = spec;
  const reaching = cardsOf(devices).flatMap(({ network }, place) => (network === 'nat' ? [cardMac(mac, place)] : []));
  return {
    ...nameOptions(spec, deps),
    ...{ id, number, mac, lists, log, host: computer.host, runFolder: `${spec.runFolder}/net` },
    ...(reaching.length > 0 ? { furtherMacs: reaching } : {}),
    uid: users?.qemu ?? 0,
    dnsUid: users?.dns ?? 0,
    resolvers: computer.resolvers,
    shownResolvers: computer.shownResolvers,
    ...toldHost(spec, deps),
  };
}
