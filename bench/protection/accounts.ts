import { DomainController, whyNoDomainController } from '../../lab/domain-controller.ts';
import { addUser, groupOf } from '../../lab/domain-objects.ts';
import { askDomain } from '../../src/servers/directory/ask-domain.ts';
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
  await addUser(controller, 'omar', PASSWORD);
  controller.add(Array.from({ length: GROUPS }, (_none, number) => groupOf(`g${number}`, ['omar'])));
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
