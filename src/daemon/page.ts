import { getRequestListener } from '@hono/node-server';
import { Hono } from 'hono';
import type { EventAnswer } from '../api/event.ts';
import { LIVE_PATH } from '../api/paths.ts';
import { Pages } from '../pages/app.ts';
import { consoleUpgrade } from '../pages/console.ts';
import { liveEvents } from '../pages/live.ts';
import { machineSockets } from '../run/machine/record.ts';
import type { Clock } from '../sys/clock.ts';
import { type Listening, listenTcp } from '../sys/network/http-server.ts';
import type { Supervisor } from './supervise.ts';

export interface PlayerOptions {
  supervisor: Supervisor;
  /** The service’s own API. */
  api: Hono;
  /** The built page. */
  folder: string;
  clock: Clock;
}

/** The player: a page for this computer’s browsers, on a port of loopback that is opened with the first link to it. */
export class Player implements AsyncDisposable {
  readonly #pages: Pages;
  readonly #supervisor: Supervisor;
  #listening: Promise<Listening> | undefined;

  constructor({ supervisor, api, folder, clock }: PlayerOptions) {
    this.#supervisor = supervisor;
    this.#pages = new Pages({ api: withLive(api, supervisor), folder, clock });
  }

  /** An address that opens the player once. @throws PORT_IN_USE */
  async link(to: string): Promise<string> {
    this.#listening ??= this.#listen();
    await this.#listening;
    return this.#pages.link(to);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await (await this.#listening)?.[Symbol.asyncDispose]();
  }

  async #listen(): Promise<Listening> {
    const onUpgrade = consoleUpgrade(this.#pages, (vm) => this.#screenOf(vm));
    const listening = await listenTcp('127.0.0.1', 0, getRequestListener(this.#pages.app.fetch), { onUpgrade });
    this.#pages.listensOn(listening.port);
    return listening;
  }

  /** The socket of a machine’s screen, where that runs. */
  #screenOf(vm: string): string | undefined {
    const machine = this.#supervisor.ifRunning(vm);
    return machine && machineSockets(machine.spec.runFolder).vnc;
  }
}

/** The API for pages has one thing more: events as they come, in the form that browsers follow and take up again. */
function withLive(api: Hono, supervisor: Supervisor): Hono {
  const app = new Hono();
  app.get(LIVE_PATH, (context) =>
    liveEvents(context, (signal): AsyncIterable<EventAnswer> => supervisor.events.follow(signal)),
  );
  app.route('/', api);
  return app;
}
