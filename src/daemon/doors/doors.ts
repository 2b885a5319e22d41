import { join } from 'node:path';
import { getRequestListener } from '@hono/node-server';
import type { ServersAnswer } from '../../api/servers.ts';
import { type Asker, ROOT } from '../../install/state/machine/owner.ts';
import { AppError, failureOf } from '../../lib/errors.ts';
import type { Clock } from '../../sys/clock.ts';
import { makeFolderEntered, removeFolder } from '../../sys/files/folders.ts';
import { listenUnix, type SocketAccess } from '../../sys/http/http-server.ts';
import type { Log } from '../../sys/log.ts';
import { groupsOfUser } from '../../sys/programs/users.ts';
import { createApi } from '../routes/api.ts';
import type { Supervisor } from '../supervise.ts';
import { type KeptPage, KeptPages } from './kept-pages.ts';
import { OpenPages } from './open-pages.ts';
import { Player } from './page.ts';
import { Streams, streamTaker } from './streams.ts';

export interface DoorsOptions {
  state: string;
  run: string;
  /** The group’s socket, by which nobody says who he is. */
  socket: string;
  /** The group that may use the service, by number; without it, root alone may. */
  group: number | undefined;
  /** The service has one user, and is root of namespaces of his. */
  isInside: boolean;
  supervisor: Supervisor;
  /** The built player. */
  player: string;
  proxies: Pick<ServersAnswer, 'proxies' | 'except'>;
  clock: Clock;
  log: Log;
}

interface Door extends AsyncDisposable {
  socket: string;
}

/** Where the users’ own sockets are, a folder each. */
export function usersFolder(run: string): string {
  return join(run, 'users');
}

/**
 * Where the service is asked: the group’s socket, and one for each user who came by it and is in the group. Who asks is told by
 * the socket: into the folder of them comes the group alone, and a user’s own takes connections from him alone, and from root.
 * All of that is root’s, so that nobody can put anything in its place.
 */
export class Doors implements AsyncDisposable {
  readonly #options: DoorsOptions;
  readonly #streams: Streams = new Streams();
  readonly #users = new Map<number, Promise<Door>>();
  readonly #kept: KeptPages;
  readonly #pages = new Set<OpenPages>();
  #ofGroup: Door | undefined;

  private constructor(options: DoorsOptions) {
    this.#options = options;
    this.#kept = new KeptPages(options.run);
  }

  /**
   * Pages that were open heal before the group's socket answers: who is told that the service is there finds his page.
   * @throws PORT_IN_USE, FILE_DENIED
   */
  static async open(options: DoorsOptions): Promise<Doors> {
    const { run, group, isInside } = options;
    const folder = usersFolder(run);
    // What a service that was killed has left.
    await removeFolder(folder);
    if (!isInside) await makeFolderEntered(folder, group);
    const doors = new Doors(options);
    try {
      if (!isInside) await doors.#takeUpPages();
      await doors.#openForGroup();
    } catch (error) {
      await doors[Symbol.asyncDispose]();
      throw error;
    }
    return doors;
  }

  async #openForGroup(): Promise<void> {
    const { socket, group, isInside } = this.#options;
    const access = group === undefined ? {} : { group };
    this.#ofGroup = await this.#open(isInside ? ROOT : 'anybody', socket, access, (uid) => this.#ofUser(uid));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#ofGroup?.[Symbol.asyncDispose]();
    for (const opened of await Promise.allSettled(this.#users.values()))
      if (opened.status === 'fulfilled') await opened.value[Symbol.asyncDispose]();
    await removeFolder(usersFolder(this.#options.run));
  }

  /** Pages that are open heal: the doors of their users are opened before these ask for them. */
  async #takeUpPages(): Promise<void> {
    for (const asker of await this.#kept.askers()) {
      if (asker === 'anybody') continue;
      try {
        await this.#ofUser(asker);
      } catch (error) {
        // He is no member any more.
        if (!(error instanceof AppError)) throw error;
        this.#options.log.warn({ error: failureOf(error), asker }, 'a page is over');
        await this.#kept.forget(asker);
      }
    }
  }

  /** A user’s own socket, which is made where it is not there yet. @throws DAEMON_DENIED */
  async #ofUser(uid: number): Promise<string> {
    const { isInside, socket } = this.#options;
    if (isInside) return socket;
    const known = this.#users.get(uid);
    if (known !== undefined) return (await known).socket;
    await this.#requireMember(uid);
    const opening = this.#users.get(uid) ?? this.#openFor(uid);
    this.#users.set(uid, opening);
    opening.catch(() => this.#users.delete(uid));
    return (await opening).socket;
  }

  /** Whoever is in the group could have sockets made for numbers without end. @throws DAEMON_DENIED */
  async #requireMember(uid: number): Promise<void> {
    const { group } = this.#options;
    if (uid === ROOT || (group !== undefined && (await groupsOfUser(uid)).includes(group))) return;
    throw new AppError('DAEMON_DENIED', `the account of number ${uid} is not in the group that may use the service`);
  }

  async #openFor(uid: number): Promise<Door> {
    const folder = join(usersFolder(this.#options.run), `${uid}`);
    await removeFolder(folder);
    await makeFolderEntered(folder, 'everybody');
    const socket = join(folder, 'lazaretd.sock');
    return this.#open(uid, socket, { user: uid }, async () => socket);
  }

  async #open(
    asker: Asker,
    socket: string,
    access: SocketAccess,
    ownSocket: (uid: number) => Promise<string>,
  ): Promise<Door> {
    const { state, supervisor, log, proxies, clock } = this.#options;
    const api = createApi({
      ...{ asker, ownSocket, state, socket: this.#options.socket, supervisor, log, proxies },
      openPage: (to) => player.link(to),
      closePages: async () => {
        await player.close();
        await this.#kept.forget(asker);
      },
    });
    const open = new OpenPages((vms) => this.#leave(vms));
    this.#pages.add(open);
    const player = new Player({
      ...{ asker, supervisor, api, folder: this.#options.player, clock, open },
      keep: (page) => this.#keep(asker, page),
    });
    await this.#takeUp(asker, player);
    const onUpgrade = streamTaker({ state, machines: supervisor.machines, log }, asker, this.#streams);
    const server = await listenUnix(socket, getRequestListener(api.fetch), { ...access, onUpgrade });
    return {
      socket,
      async [Symbol.asyncDispose]() {
        await server[Symbol.asyncDispose]();
        await player[Symbol.asyncDispose]();
      },
    };
  }

  /** The player of somebody is closed. What another has open, or somebody watches by other means, goes on. */
  #leave(vms: readonly string[]): void {
    const { supervisor } = this.#options;
    for (const vm of vms)
      if (![...this.#pages].some((pages) => pages.hasOpen(vm)) && !this.#streams.has(vm))
        void supervisor.machines.leave(vm);
  }

  async #takeUp(asker: Asker, player: Player): Promise<void> {
    const page = this.#options.isInside ? undefined : await this.#kept.read(asker);
    if (!page) return;
    try {
      await player.takeUp(page);
    } catch (error) {
      if (!(error instanceof AppError && error.code === 'PORT_IN_USE')) throw error;
      this.#options.log.warn({ error: failureOf(error), asker }, 'a page is over');
      await this.#kept.forget(asker);
    }
  }

  /** In namespaces of its own nothing goes on after the service. A page that cannot be noted is open all the same. */
  async #keep(asker: Asker, page: KeptPage): Promise<void> {
    if (this.#options.isInside) return;
    try {
      await this.#kept.write(asker, page);
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      this.#options.log.warn({ error: failureOf(error), asker }, 'a page will not go on after the service');
    }
  }
}
