import { chmodSync, writeFileSync } from 'node:fs';
import type { TestContext } from 'node:test';
import type { DirectoryAccount } from '../../src/servers/directory/directory-account.ts';
import { deployTarget, putOnServer } from '../../src/servers/put.ts';
import { hasProgram } from '../../src/sys/programs/exec.ts';
import { policyComputer } from '../fakes/policy-computer.ts';
import { type Remedy, tryRemedies } from '../fakes/remedy.ts';
import { noSlapd, slapd } from '../fakes/slapd.ts';

const skip = hasProgram('qemu-img') ? noSlapd : 'qemu-img is not installed';

/** A directory that has a deploy, and a computer that reads it as the account file says. */
async function site(t: TestContext) {
  const [server, made] = [await slapd(t), await policyComputer(t)];
  const put = (account: DirectoryAccount) => putOnServer(made.published, deployTarget(server.ldaps), { account });
  await made.project.deploy();
  await put(server.admin);
  return { server, made, put, lookUp: () => made.open().lookUp(made.owner(server.ldaps), Date.now()) };
}

/** What a computer and an administrator meet at a directory. */
const REMEDIES: Remedy[] = [
  [
    'STORE_LOGIN',
    async (t) => {
      const { server, made, lookUp } = await site(t);
      made.setAccount({ ...server.alice, password: 'guess' }, server.caFile);
      return {
        fails: lookUp,
        remedy() {
          made.setAccount(server.alice, server.caFile);
          return lookUp();
        },
      };
    },
  ],
  [
    'STORE_ACCOUNT',
    async (t) => {
      const { server, made, lookUp } = await site(t);
      writeFileSync(made.account, '{"format":1,"user":"x"}', { mode: 0o644 });
      return {
        fails: lookUp,
        remedy() {
          made.setAccount(server.alice, server.caFile);
          chmodSync(made.account, 0o600);
          return lookUp();
        },
      };
    },
  ],
  [
    'STORE_DENIED',
    async (t) => {
      const { server, made, put } = await site(t);
      await made.project.deploy();
      return { fails: () => put(server.alice), remedy: () => put(server.admin) };
    },
  ],
  [
    'STORE_NOT_SAFE',
    async (t) => {
      const { server, made, lookUp } = await site(t);
      // The issuer of another directory’s certificate.
      made.setAccount(server.alice, (await slapd(t)).caFile);
      return {
        fails: lookUp,
        remedy() {
          made.setAccount(server.alice, server.caFile);
          return lookUp();
        },
      };
    },
  ],
];

tryRemedies(REMEDIES, skip);
