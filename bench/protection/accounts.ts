import { DomainController, whyNoDomainController } from '../../lab/domain-controller.ts';
import { askDomain } from '../../src/servers/ask-domain.ts';
import { directoryAddress } from '../../src/servers/directory-address.ts';
import { DirectoryClient } from '../../src/servers/directory-client.ts';
import { type Figure, milliseconds } from '../table.ts';

const ROUNDS = 9;
const PASSWORD = 'Passw0rd.Us3r';
/** What a list of a policy names, and in how many groups its user is. */
const LISTED = 50;
const GROUPS = 300;

/** How long a domain is asked who signs in. */
export async function accountFigures(): Promise<Figure[]> {
  const missing = whyNoDomainController();
  if (missing !== false) throw new Error(`nothing can be measured here: ${missing}`);
  await using controller = await DomainController.start();
  controller.tool('user', 'create', 'omar', PASSWORD);
  await joinGroups(controller, 'omar');
  const groups = Array.from({ length: LISTED }, (_none, number) => `g${number}`);
  const sample = async (user: string, password: string, wanted: string[]) => {
    const samples: number[] = [];
    for (let round = 0; round < ROUNDS; round += 1) {
      const began = performance.now();
      await askDomain(controller.domain(), { user, password, groups: wanted });
      samples.push(performance.now() - began);
    }
    return samples;
  };
  const { alice } = controller;
  const AT_MOST_MS = 150;
  return [
    milliseconds(
      'a users-and-groups check, Samba AD, one group listed',
      await sample(alice.user, alice.password, ['g0']),
      AT_MOST_MS,
    ),
    milliseconds(`of a user in ${GROUPS} groups, ${LISTED} listed`, await sample('omar', PASSWORD, groups), AT_MOST_MS),
  ];
}

/** Puts a user into so many groups. */
async function joinGroups(controller: DomainController, user: string): Promise<void> {
  const address = directoryAddress(controller.ldaps);
  if (!address) throw new Error('the domain has no address');
  const at = (name: string) => `CN=${name},CN=Users,DC=lazaret,DC=test`;
  await using directory = await DirectoryClient.open({ address, account: controller.admin });
  await directory.ask('making groups', 1 << 20, async (ldap) => {
    for (let number = 0; number < GROUPS; number += 1) {
      const name = `g${number}`;
      await ldap.add(at(name), { objectClass: 'group', sAMAccountName: name, member: [at(user)] });
    }
  });
}
