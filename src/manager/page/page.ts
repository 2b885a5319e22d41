import { getRequestListener } from '@hono/node-server';
import type { TaskAnswer } from '../../api/manager/tasks.ts';
import { Pages } from '../../pages/app.ts';
import { consoleUpgrade } from '../../pages/console.ts';
import { microphoneUpgrade } from '../../pages/microphone.ts';
import { soundUpgrade } from '../../pages/sound.ts';
import { requireProject } from '../../project/open.ts';
import { Readings } from '../../project/readings.ts';
import type { Clock } from '../../sys/clock.ts';
import { ownPath } from '../../sys/files/own-tree.ts';
import { type Listening, listenTcp } from '../../sys/http/http-server.ts';
import type { Log } from '../../sys/log.ts';
import { ageLibrary } from '../../sys/secrets/age-stream.ts';
import { hasRoom } from '../make-whole.ts';
import { type Running, Runs } from '../tasks/runs.ts';
import { Tasks } from '../tasks/tasks.ts';
import { createManagerApi } from './api.ts';
import { Happenings } from './happenings.ts';
import { ProjectWatch } from './watch-project.ts';

/** Where `npm run build` puts the manager’s page. */
const PAGE = ownPath('dist', 'pages', 'manager');

export interface ManagerPageOptions {
  /** The project’s, absolute. */
  folder: string;
  /** 0 for any that is free. */
  port: number;
  /** How machines are run in preview. */
  running: Running;
  clock: Clock;
  log: Log;
}

/** The manager’s page for one project, on a port of loopback, until it is disposed of. */
export class ManagerPage implements AsyncDisposable {
  readonly #pages: Pages;
  readonly #listening: Listening;
  readonly #tasks: Tasks;
  readonly #over: AbortController;

  private constructor(pages: Pages, listening: Listening, tasks: Tasks, over: AbortController) {
    this.#pages = pages;
    this.#listening = listening;
    this.#tasks = tasks;
    this.#over = over;
  }

  /** Where the folder is empty, the page makes a project in it. @throws PROJECT_MISSING, PORT_IN_USE */
  static async open({ folder, port, running, clock, log }: ManagerPageOptions): Promise<ManagerPage> {
    if (!(await hasRoom(folder))) await requireProject(folder);
    const happenings = new Happenings(clock);
    const onChange = ({ id, kind, about, state, progress }: TaskAnswer) =>
      happenings.tell({ kind: 'task', text: `${kind} ${about}: ${state}`, details: { id, state, progress } });
    const tasks = new Tasks({ clock, onChange });
    const runs = new Runs(folder, running);
    const readings = new Readings();
    const over = new AbortController();
    const tell = () => happenings.tell({ kind: 'project', text: 'the project’s files changed' });
    const watch = new ProjectWatch(folder, tell, over.signal);
    const lookAnew = () => watch.look();
    const api = createManagerApi({ folder, clock, log, happenings, tasks, runs, readings, lookAnew });
    const pages = new Pages({ api, folder: PAGE, clock });
    const screens = consoleUpgrade(pages, (vm) => runs.screenOf(vm));
    const sounds = soundUpgrade(pages, (vm) => runs.hear(vm), screens);
    const onUpgrade = microphoneUpgrade(pages, (vm) => runs.speak(vm), sounds);
    const options = { onUpgrade, isLocal: true };
    const listening = await listenTcp('127.0.0.1', port, getRequestListener(pages.app.fetch), options);
    pages.listensOn(listening.port);
    await watch.look();
    await ageLibrary();
    return new ManagerPage(pages, listening, tasks, over);
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
    await this.#tasks[Symbol.asyncDispose]();
    await this.#listening[Symbol.asyncDispose]();
  }
}
