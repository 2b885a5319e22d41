import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openPackage } from '../../src/package/open.ts';
import { projectPaths } from '../../src/project/layout.ts';
import type { DirectoryAccount } from '../../src/servers/directory/directory-account.ts';
import { KINDS } from '../../src/servers/kinds.ts';
import { type PolicyOwner, PolicyStore } from '../../src/servers/policies.ts';
import { folderSource } from '../../src/sys/sources/folder-source.ts';
import { pinProject } from '../../src/trust/verify/client.ts';
import { type Ends, madeProject, scratch } from './made-project.ts';
import { threeVersions } from './quarantine.ts';

/** A project with the policy of three versions, and a computer that trusts it and has its machine; it looks up where it is told. */
export async function policyComputer(t: Ends) {
  const project = await madeProject(t);
  await project.setQuarantine(threeVersions());
  const { folder } = await project.build('one');
  const state = scratch(t);
  const trust = join(state, 'trust');
  const account = join(state, 'directory.json');
  await pinProject(trust, folderSource(folder), project.fingerprint);
  const { manifest } = await openPackage(folderSource(folder), { trustFolder: trust, now: Date.now() });
  const machine = manifest.value.machines[0];
  assert.ok(machine);
  const owner = (server: string): PolicyOwner => ({
    vm: { name: 'office', id: machine.id },
    packaged: machine.policy,
    server,
  });
  return {
    project,
    state,
    account,
    published: projectPaths(project.folder).policies,
    owner,
    open: (kinds = KINDS) => new PolicyStore({ trust, cache: join(state, 'policies'), account }, { kinds }),
    /** Writes the account file as an administrator would. */
    setAccount({ user, password }: DirectoryAccount, ca: string, mode = 0o600) {
      writeFileSync(account, JSON.stringify({ format: 1, user, password, ca }), { mode });
    },
  };
}
