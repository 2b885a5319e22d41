import { join } from 'node:path';
import { getRequestListener } from '@hono/node-server';
import { Pages } from '../../pages/app.ts';
import type { Clock } from '../../sys/clock.ts';
import type { Log } from '../../sys/log.ts';
import { type Listening, listenTcp } from '../../sys/network/http-server.ts';
import { createManagerApi } from './api.ts';
import { Happenings } from './happenings.ts';
import { ProjectWatch } from './watch-project.ts';

/** Where `npm run build` puts the manager’s page. */
const PAGE = join(import.meta.dirname, '..', '..', '..', 'dist', 'pages', 'manager');

export interface ManagerPageOptions {
  /** The project’s, absolute. */
  folder: string;
  /** 0 for any that is free. */
  port: number;
  clock: Clock;
  log: Log;
}

/** The manager’s page for one project, on a port of loopback, until it is disposed of. */
export class ManagerPage implements AsyncDisposable {
  readonly #pages: Pages;
  readonly #listening: Listening;
  readonly #over: AbortController;

  private constructor(pages: Pages, listening: Listening, over: AbortController) {
    this.#pages = pages;
    this.#listening = listening;
    this.#over = over;
  }

  /** @throws PORT_IN_USE */
  static async open({ folder, port, clock, log }: ManagerPageOptions): Promise<ManagerPage> {
    const happenings = new Happenings(clock);
    const pages = new Pages({ api: createManagerApi({ folder, clock, log, happenings }), folder: PAGE, clock });
    const listening = await listenTcp('127.0.0.1', port, getRequestListener(pages.app.fetch));
    pages.listensOn(listening.port);
    const over = new AbortController();
    const tell = () => happenings.tell({ kind: 'project', text: 'the project’s files changed' });
    await new ProjectWatch(folder, tell, over.signal).look();
    return new ManagerPage(pages, listening, over);
  }

  get port(): number {
    return this.#listening.port;
  }

  /** An address that opens the page once, within two minutes. */
  link(to: string): string {
    return this.#pages.link(to);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#over.abort();
    await this.#listening[Symbol.asyncDispose]();
  }
}
