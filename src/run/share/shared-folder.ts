import { serveFolder } from '../../guest/webdav/served-folder.ts';
import { AppError, failureOf } from '../../lib/errors.ts';
import { Turns } from '../../lib/turns.ts';
import { rightsOf } from '../../policy/reading/rights.ts';
import type { PluginEvent } from '../../quarantine/plugin.ts';
import type { SocketProgram } from '../../sys/programs/handed-socket-program.ts';
import { groupsOfUser } from '../../sys/programs/users.ts';
import { plugSharePort, pullSharePort } from '../../vm/share-port.ts';
import type { MachineParts } from '../machine/parts.ts';
import { shareSocket } from '../machine/record.ts';
import { type KeptShare, readShare, writeShare } from './kept-share.ts';

type ShareParts = Pick<MachineParts, 'qmp'> & {
  spec: Pick<MachineParts['spec'], 'name' | 'hardware' | 'runFolder'>;
  deps: {
    events: Pick<MachineParts['deps']['events'], 'add'>;
    log: Pick<MachineParts['deps']['log'], 'error'>;
    policies: Pick<MachineParts['deps']['policies'], 'now'>;
  };
  access: { policy: { document: Pick<MachineParts['access']['policy']['document'], 'policy'> } };
  /** Its memory is being saved: a port that is plugged in meanwhile would not be there when it goes on. */
  isSuspending: () => boolean;
};

export type SharedReport = Omit<KeptShare, 'format'>;

/** What a user wants to share, and by whose rights; the service’s own where that is undefined. */
export interface ShareWish {
  path: string;
  readOnly: boolean;
  uid: number | undefined;
}

/** The one folder that a running machine’s guest may have, served with its user’s rights for as long as policy lets it. */
export class SharedFolder implements AsyncDisposable {
  readonly #parts: ShareParts;
  readonly #turns = new Turns();
  #share: KeptShare | undefined;
  #serving: SocketProgram | undefined;
  #isOver = false;

  /** What an earlier service shared with the machine is served again. */
  constructor(parts: ShareParts) {
    this.#parts = parts;
    void this.#turns.takeNext(() => this.#takeUp());
  }

  report(): SharedReport | undefined {
    if (!this.#share) return undefined;
    const { format: _, ...report } = this.#share;
    return report;
  }

  /** Shares a folder, in place of the one that is shared. @throws SHARE_FORBIDDEN, SHARE_IMPOSSIBLE, SHARE_FOLDER, VM_NOT_RUNNING, FILE_MISSING, FILE_DENIED, VM_FAILED */
  share({ path, readOnly, uid }: ShareWish): Promise<void> {
    return this.#turns.take(async () => {
      const { spec, deps, isSuspending } = this.#parts;
      this.#requireAllowed(readOnly);
      if (isSuspending() || this.#isOver)
        throw new AppError('VM_NOT_RUNNING', `${spec.name} is ${this.#isOver ? 'not running' : 'being suspended'}`);
      if (spec.hardware === 'compatible')
        throw new AppError('SHARE_IMPOSSIBLE', `${spec.name} has hardware without a port for a shared folder`);
      await this.#end();
      const since = new Date(await deps.policies.now()).toISOString();
      const share: KeptShare = { format: 1, path, readOnly, since, ...(uid === undefined ? {} : { uid }) };
      // Before the port is there: a service that is killed meanwhile leaves nothing that the next does not know.
      await writeShare(spec.runFolder, share);
      try {
        await this.#serve(share);
      } catch (error) {
        await this.#end();
        throw error;
      }
      await this.#tell(`a folder is shared with it, ${readOnly ? 'to be read' : 'to be read and written'}: ${path}`, {
        ...{ did: 'shared', path, readOnly },
      });
    });
  }

  /** Where nothing is shared it stays so. @throws VM_FAILED */
  stop(why: string): Promise<void> {
    return this.#turns.takeNext(() => this.#stop(why));
  }

  /** What the policy in force does not allow any more is over, before whatever waits to be shared; a guest that was reset begins anew. */
  follow(event?: PluginEvent): Promise<void> {
    return this.#turns.takeNext(async () => {
      const share = this.#share;
      if (!share) return;
      try {
        this.#requireAllowed(share.readOnly);
      } catch (error) {
        return this.#stop(failureOf(error).reason);
      }
      if (event === 'reset') await this.#serveAgain(share);
    });
  }

  /** Nothing is served any more. The port stays, and what is kept of it, for a later service. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#isOver = true;
    await this.#turns.takeNext(() => this.#endServing());
  }

  async #takeUp(): Promise<void> {
    const share = await readShare(this.#parts.spec.runFolder);
    if (!share || this.#isOver) return;
    this.#share = share;
    await this.#serveAgain(share);
  }

  async #serveAgain(share: KeptShare): Promise<void> {
    try {
      this.#requireAllowed(share.readOnly);
      await this.#serve(share);
    } catch (error) {
      await this.#stop(failureOf(error).reason).catch((failure: unknown) =>
        this.#parts.deps.log.error({ vm: this.#parts.spec.name, ...failureOf(failure) }, 'a shared folder stays'),
      );
    }
  }

  async #serve(share: KeptShare): Promise<void> {
    const { spec, qmp } = this.#parts;
    const { path, readOnly, uid } = share;
    await this.#endServing();
    const socket = shareSocket(spec.runFolder);
    await plugSharePort(qmp, socket);
    const user = uid === undefined ? {} : { user: { uid, groups: await groupsOf(uid, path) } };
    const serving = await serveFolder(socket, { path, readOnly, ...user });
    this.#serving = serving;
    this.#share = share;
    void serving.ended.then(() => this.#tellEnded(serving));
  }

  /** Whoever served it ended by itself: a folder that has gone, or a fault. */
  async #tellEnded(serving: SocketProgram): Promise<void> {
    await this.#turns.take(async () => {
      if (this.#serving !== serving || this.#isOver) return;
      await this.#stop('whoever served it has ended').catch(() => undefined);
    });
  }

  async #stop(why: string): Promise<void> {
    const share = this.#share;
    if (!share) return;
    await this.#end();
    await this.#tell(`the folder that was shared with it is not any more: ${why}`, { did: 'ended', path: share.path });
  }

  async #end(): Promise<void> {
    await this.#endServing();
    await pullSharePort(this.#parts.qmp);
    await writeShare(this.#parts.spec.runFolder, undefined);
    this.#share = undefined;
  }

  async #endServing(): Promise<void> {
    const serving = this.#serving;
    this.#serving = undefined;
    await serving?.[Symbol.asyncDispose]();
  }

  /** @throws SHARE_FORBIDDEN */
  #requireAllowed(readOnly: boolean): void {
    const { spec, access } = this.#parts;
    const { sharedFolder } = rightsOf(access.policy.document.policy);
    if (sharedFolder === 'read-write' || (sharedFolder === 'read-only' && readOnly)) return;
    const what = sharedFolder === 'nobody' ? 'lets no folder be shared' : 'lets folders be shared to be read alone';
    throw new AppError('SHARE_FORBIDDEN', `the project ${what} with ${spec.name}`);
  }

  #tell(text: string, details: object): Promise<void> {
    const { spec, deps } = this.#parts;
    return deps.events.add({ vm: spec.name, kind: 'shared-folder', text, details: { ...details } });
  }
}

/** @throws FILE_DENIED where this computer knows no such user */
async function groupsOf(uid: number, path: string): Promise<number[]> {
  const groups = await groupsOfUser(uid);
  if (groups.length > 0) return groups;
  throw new AppError('FILE_DENIED', `this computer knows no user of number ${uid}, who could share ${path}`);
}
