import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { test } from 'node:test';
import { addNamespace, enter, newPrefix, nft, removeNamespace } from '../../lab/namespaces.ts';
import { whyNoNetwork } from '../../lab/network.ts';
import { deniedDestinations } from '../../src/firewall/machine/rules/denied.ts';
import { listedSets, NftSession, readEnforced } from '../../src/firewall/nft.ts';
import { PROGRAM_ENV } from '../../src/sys/programs/exec.ts';
import { scratch } from '../fakes/made-project.ts';

const TIMED = 'size 100; flags dynamic,timeout; timeout 10m; counter;';
const RULES = `table inet lazaret {
  set denied4 {
    type ipv4_addr . inet_proto . inet_service; ${TIMED}
    elements = { 10.1.0.2 . tcp . 443 counter packets 3 bytes 180, 10.1.0.3 . tcp . 80 counter packets 9 bytes 18 }
  }
  set denied6 {
    type ipv6_addr . inet_proto . inet_service; ${TIMED}
    elements = { 2001:db8::7 . udp . 53 counter packets 5 bytes 1 }
  }
  set denied_other4 {
    type ipv4_addr . inet_proto; ${TIMED}
    elements = { 10.1.0.9 . icmp counter packets 1 bytes 1 }
  }
  set denied_other6 { type ipv6_addr . inet_proto; ${TIMED} }
}`;

test('several sets are listed by one program, each with all that it holds; one that is missing is a failure', {
  skip: whyNoNetwork(),
}, async (t) => {
  const name = newPrefix();
  addNamespace(name);
  t.after(() => removeNamespace(name));
  nft(name, ['-f', '-'], RULES);

  const refused = await deniedDestinations(enter(name));

  assert.deepEqual(
    refused.map(({ address, protocol, port, packets }) => [address, protocol, port, packets]),
    [
      ['10.1.0.3', 'tcp', 80, 9],
      ['2001:db8::7', 'udp', 53, 5],
      ['10.1.0.2', 'tcp', 443, 3],
      ['10.1.0.9', 'icmp', undefined, 1],
    ],
  );
  await assert.rejects(listedSets(enter(name), ['denied4', 'nothing', 'denied6']), { code: 'FILTER_FAILED' });
  assert.deepEqual(await listedSets(enter(name), []), []);
});

test('what nft is told is in no file of whose service it is', { skip: whyNoNetwork() }, async (t) => {
  const name = newPrefix();
  addNamespace(name);
  t.after(() => removeNamespace(name));
  nft(name, ['-f', '-'], RULES);
  const home = scratch(t);
  const { HOME } = PROGRAM_ENV;
  t.after(() => {
    PROGRAM_ENV.HOME = HOME;
  });
  PROGRAM_ENV.HOME = home;

  await listedSets(enter(name), ['denied4', 'denied6']);
  await assert.rejects(readEnforced(enter(name)), { code: 'FILTER_FAILED' });
  await using session = await NftSession.start(enter(name));
  await assert.rejects(session.transact([]), { code: 'FILTER_FAILED' });
  await session[Symbol.asyncDispose]();

  assert.deepEqual(readdirSync(home), []);
});
