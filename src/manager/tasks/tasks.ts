import type { TaskAnswer, TaskKind } from '../../api/manager/tasks.ts';
import { AppError } from '../../lib/errors.ts';
import type { Clock } from '../../sys/clock.ts';
import { type Job, Task } from './task.ts';

/** So many go on at once; each may need a disk, a processor and the network. */
const MAX_RUNNING = 8;
/** So many are kept that have ended. */
const MAX_ENDED = 50;
const TELL_MS = 200;

interface TasksOptions {
  clock: Clock;
  /** Told that a task has something new to say, not more often than some times a second. */
  onChange: (task: TaskAnswer) => void;
}

/** The long jobs of the manager’s process: a page that is loaded anew, or a second one, finds them as they are. */
export class Tasks implements AsyncDisposable {
  readonly #clock: Clock;
  readonly #onChange: (task: TaskAnswer) => void;
  /** Newest last. */
  readonly #tasks = new Map<string, Task>();
  readonly #telling = new Map<string, NodeJS.Timeout>();

  constructor({ clock, onChange }: TasksOptions) {
    this.#clock = clock;
    this.#onChange = onChange;
  }

  /** Begins a job, which goes on whoever has asked for it. @throws TASKS_FULL */
  begin<Kind extends TaskKind>(kind: Kind, about: string, job: Job<Kind>): TaskAnswer {
    if ([...this.#tasks.values()].filter(({ isOver }) => !isOver).length >= MAX_RUNNING)
      throw new AppError('TASKS_FULL', `${MAX_RUNNING} tasks go on already`);
    const task: Task = new Task({ kind, about, job, clock: this.#clock, onChange: () => this.#tellSoon(task) });
    this.#tasks.set(task.id, task);
    const ended = [...this.#tasks.values()].filter(({ isOver }) => isOver);
    for (const { id } of ended.slice(0, Math.max(0, ended.length - MAX_ENDED))) this.#tasks.delete(id);
    this.#tellSoon(task);
    return task.answer();
  }

  /** Newest first, each with the last line of its log. */
  all(): TaskAnswer[] {
    return [...this.#tasks.values()].map((task) => task.answer(1)).reverse();
  }

  /** @throws TASK_UNKNOWN */
  one(id: string): TaskAnswer {
    return this.#named(id).answer();
  }

  /** Ends a task; it is over when what it made is put away. One that is over stays as it is. @throws TASK_UNKNOWN */
  cancel(id: string): TaskAnswer {
    const task = this.#named(id);
    task.cancel();
    return task.answer();
  }

  /** Ends all, and waits until nothing is left of them. */
  async [Symbol.asyncDispose](): Promise<void> {
    for (const task of this.#tasks.values()) task.cancel();
    await Promise.all([...this.#tasks.values()].map(({ ended }) => ended));
    for (const timer of this.#telling.values()) clearTimeout(timer);
  }

  #named(id: string): Task {
    const task = this.#tasks.get(id);
    if (!task) throw new AppError('TASK_UNKNOWN', 'there is no such task in this process any more');
    return task;
  }

  #tellSoon(task: Task): void {
    if (this.#telling.has(task.id)) return;
    const tell = () => {
      this.#telling.delete(task.id);
      this.#onChange(task.answer(1));
    };
    this.#telling.set(task.id, setTimeout(tell, TELL_MS).unref());
  }
}
