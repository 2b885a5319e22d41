import { getRequestListener } from '@hono/node-server';
import { Hono } from 'hono';
import type { EventAnswer } from '../../api/event.ts';
import { LIVE_PATH } from '../../api/paths.ts';
import { type Asker, maySee } from '../../install/state/machine/owner.ts';
import type { Session } from '../../pages/admission.ts';
import { Pages } from '../../pages/app.ts';
import { consoleUpgrade } from '../../pages/console.ts';
import { liveEvents } from '../../pages/live.ts';
import { microphoneUpgrade } from '../../pages/microphone.ts';
import { soundUpgrade } from '../../pages/sound.ts';
import type { EventLog } from '../../run/computer/events.ts';
import type { Hear } from '../../run/devices/hear.ts';
import type { Speak } from '../../run/devices/speak.ts';
import { machineSockets } from '../../run/machine/record.ts';
import type { MachineSpec } from '../../run/machine/spec.ts';
import type { Clock } from '../../sys/clock.ts';
import { type Listening, listenTcp } from '../../sys/http/http-server.ts';
import type { KeptPage } from './kept-pages.ts';
import type { OpenPages } from './open-pages.ts';

/** A machine that runs: its screen’s place, what it plays, and how it is spoken to. */
interface Played {
  spec: Pick<MachineSpec, 'runFolder' | 'owner'>;
  hear: () => Promise<Hear | undefined>;
  speak: () => Promise<Speak | undefined>;
}

/** What of the machines that run a page shows besides the API’s answers. */
interface Shown {
  machines: { find(vm: string): Played | undefined };
  events: Pick<EventLog, 'follow'>;
}

export interface PlayerOptions {
  asker: Asker;
  supervisor: Shown;
  /** The service’s API for him. */
  api: Hono;
  /** The built page. */
  folder: string;
  clock: Clock;
  /** Its pages that are open. */
  open: OpenPages;
  /** Told where the page is and which sessions it has, whenever that changes. */
  keep?: (page: KeptPage) => Promise<void>;
}

/**
 * The player of one who asks: a page for this computer’s browsers, on a port of loopback that is opened with his first link to
 * it. Nobody else’s link or session opens it, and it shows what he may see.
 */
export class Player implements AsyncDisposable {
  readonly #pages: Pages;
  readonly #asker: Asker;
  readonly #supervisor: Shown;
  readonly #open: OpenPages;
  #listening: Promise<Listening> | undefined;

  constructor({ asker, supervisor, api, folder, clock, open, keep = async () => undefined }: PlayerOptions) {
    this.#asker = asker;
    this.#supervisor = supervisor;
    this.#open = open;
    const onSessions = async (sessions: readonly Session[]) => {
      const port = (await this.#listening)?.port;
      if (port !== undefined) await keep({ port, sessions: [...sessions] });
    };
    this.#pages = new Pages({ api: withLive(api, supervisor, asker, open), folder, clock, onSessions });
  }

  /**
   * Goes on where the player of a service before was, so that pages which are open heal.
   * @throws PORT_IN_USE: another program may have heard what these pages send, and their sessions are over
   */
  async takeUp({ port, sessions }: KeptPage): Promise<void> {
    const listening = this.#listen(port);
    this.#listening = listening;
    try {
      await listening;
    } catch (error) {
      this.#listening = undefined;
      throw error;
    }
    this.#pages.takeUp(sessions);
  }

  /** An address that opens the player once. @throws PORT_IN_USE */
  async link(to: string): Promise<string> {
    this.#listening ??= this.#listen(0);
    await this.#listening;
    return this.#pages.link(to);
  }

  /** Ends every page that is open, every session and every link. The next link leads to another port. */
  async close(): Promise<void> {
    this.#pages.end();
    const listening = this.#listening;
    this.#listening = undefined;
    await (await listening)?.[Symbol.asyncDispose]();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#open[Symbol.dispose]();
    await (await this.#listening)?.[Symbol.asyncDispose]();
  }

  async #listen(port: number): Promise<Listening> {
    const screens = consoleUpgrade(this.#pages, (vm) => this.#screenOf(vm));
    const sounds = soundUpgrade(this.#pages, async (vm) => this.#seen(vm)?.hear(), screens);
    const onUpgrade = microphoneUpgrade(this.#pages, async (vm) => this.#seen(vm)?.speak(), sounds);
    const options = { onUpgrade, isLocal: true };
    const listening = await listenTcp('127.0.0.1', port, getRequestListener(this.#pages.app.fetch), options);
    this.#pages.listensOn(listening.port);
    return listening;
  }

  /** The socket of a machine’s screen, where that runs and he may see it. */
  #screenOf(vm: string): string | undefined {
    const spec = this.#seen(vm)?.spec;
    if (!spec) return undefined;
    this.#open.shows(vm);
    return machineSockets(spec.runFolder).vnc;
  }

  #seen(vm: string): Played | undefined {
    const machine = this.#supervisor.machines.find(vm);
    return machine && maySee(this.#asker, machine.spec.owner) ? machine : undefined;
  }
}

/** The API for pages has one thing more: events as they come, in the form that browsers follow and take up again. */
function withLive(api: Hono, supervisor: Shown, asker: Asker, open: OpenPages): Hono {
  const app = new Hono();
  app.get(LIVE_PATH, (context) =>
    liveEvents(context, (signal): AsyncIterable<EventAnswer> => {
      open.opened(signal);
      return supervisor.events.follow(signal, ({ owner }) => maySee(asker, owner));
    }),
  );
  app.route('/', api);
  return app;
}
