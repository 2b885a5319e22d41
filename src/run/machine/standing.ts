import { setTimeout as sleep } from 'node:timers/promises';
import { AppError, type Failure, failureOf } from '../../lib/errors.ts';
import type { Log } from '../../sys/log.ts';
import { pause } from '../../sys/pause.ts';
import { endText, type QemuNews } from '../../vm/news.ts';
import type { Qmp } from '../../vm/qmp.ts';
import type { Happening } from '../computer/events.ts';

/** How often it is looked whether there is room again for a guest that met a full disk. */
const LOOK_MS = 2000;
const PANICKED = 'guest-panicked';
/** What QEMU says of a guest whose processors would find nothing to go on with. */
const OVER = [PANICKED, 'watchdog', 'internal-error', 'shutdown'];
/** What QEMU says of one that met a full disk, or another fault of it. */
const FULL = 'io-error';
/** What it says of one that nothing but us holds still: it was not set going yet, or was to be suspended. */
const STILL_ONLY = ['prelaunch', 'paused', 'finish-migrate', 'postmigrate'];
/** How often a guest is set going whose saving has not come to its end. */
const AGAIN_MS = 50;
const TRIES = 100;
/** Room that lets it go on for a while. */
const ROOM_BYTES = 16 << 20;

export interface StandingParts {
  /** The room for what the guest writes, in bytes. */
  freeBytes: () => Promise<number>;
  tell: (happening: Omit<Happening, 'vm'>) => Promise<void>;
  /** The guest was reset. */
  onReset: () => void;
  log: Log;
  lookMs?: number;
}

/** What gives QEMU a command. @throws VM_FAILED */
type Monitor = Pick<Qmp, 'execute'>;

/** Why a guest stands still, and what may be done. */
export type Standstill = Pick<Failure, 'code' | 'reason' | 'remedy'>;

/**
 * Hears what QEMU says of its guest: that it stands still and why, that it goes on, was reset, panicked, or ended. A guest
 * that met a full disk goes on by itself once there is room.
 */
export class Standing implements Disposable {
  readonly #parts: StandingParts;
  readonly #over = new AbortController();
  /** What has happened that would stop a guest. */
  #cause: { what: string; isFull: boolean } | undefined;
  #stands: AppError | undefined;
  /** What QEMU said when it came to stand still. */
  #status = 'running';
  #end: string | undefined;
  #endReason: string | undefined;
  /** It is being saved. */
  #isResting = false;

  constructor(parts: StandingParts) {
    this.#parts = parts;
  }

  /** Undefined while the guest runs. */
  get standstill(): Standstill | undefined {
    if (!this.#stands) return undefined;
    const { code, reason, remedy } = failureOf(this.#stands);
    return { code, reason, remedy };
  }

  /** Why the machine ended, where QEMU has said so. */
  get end(): string | undefined {
    return this.#end;
  }

  /** The same in QEMU’s word. */
  get endReason(): string | undefined {
    return this.#endReason;
  }

  hear(news: QemuNews, qemu: Monitor): void {
    this.#hear(news, qemu).catch((error: unknown) =>
      this.#parts.log.error(failureOf(error), 'what QEMU said could not be followed'),
    );
  }

  /**
   * Sets a guest going that stands still although nothing stopped it: its service was killed just before it did. @throws VM_FAILED
   */
  async setGoing(qemu: Monitor): Promise<void> {
    const status = await statusOf(qemu);
    if (status === 'running') return;
    if (STILL_ONLY.includes(status)) await wake(qemu, status);
    else await this.#stand(status, qemu);
  }

  /** Sets a guest going that is to shut down; false where it stands still and cannot go on. @throws VM_FAILED */
  async goOn(qemu: Monitor): Promise<boolean> {
    if (!this.#stands) return true;
    if (OVER.includes(this.#status)) return false;
    await qemu.execute('cont');
    return true;
  }

  /** Holds a guest still that runs, for this reason; `goOn` lets it go on. @throws VM_FAILED */
  async hold(qemu: Monitor, what: string): Promise<void> {
    if (this.#stands) return;
    this.#cause = { what, isFull: false };
    await qemu.execute('stop');
  }

  /**
   * Holds a guest still while it is saved, without a word to anybody; gives what lets it go on as it was.
   * @throws VM_STANDS_STILL and VM_DISK_FULL for one that could not go on, VM_FAILED
   */
  async rest(qemu: Monitor): Promise<() => Promise<void>> {
    if (this.#stands && (OVER.includes(this.#status) || this.#status === FULL)) throw this.#stands;
    const wasStill = this.#stands !== undefined;
    this.#isResting = true;
    await qemu.execute('stop');
    return async () => {
      try {
        await qemu.execute('migrate_cancel');
        if (!wasStill) await wake(qemu, await statusOf(qemu));
      } finally {
        this.#isResting = false;
      }
    };
  }

  [Symbol.dispose](): void {
    this.#over.abort();
  }

  async #hear(news: QemuNews, qemu: Monitor): Promise<void> {
    const { tell, onReset } = this.#parts;
    switch (news.event) {
      case 'RESET':
        this.#cause = undefined;
        if (this.#status === PANICKED) this.#stands = undefined;
        return onReset();
      case 'SHUTDOWN':
        this.#end = endText(news.data.reason);
        this.#endReason = news.data.reason;
        return;
      case 'BLOCK_IO_ERROR':
        return this.#diskFailed(news.data);
      case 'GUEST_PANICKED':
      case 'WATCHDOG': {
        const what = news.event === 'WATCHDOG' ? 'its watchdog has run out' : 'its guest has panicked';
        this.#cause = { what, isFull: false };
        if (news.data.action === 'run') this.#standsUnstopped(what);
        return tell({ kind: 'guest', text: `${what}; QEMU does: ${news.data.action}`, same: what });
      }
      case 'STOP':
        if (this.#isResting) return;
        return this.#end === undefined ? this.#stand(await statusOf(qemu), qemu) : undefined;
      case 'RESUME':
        if (!this.#stands || this.#isResting) return;
        this.#stands = undefined;
        this.#cause = undefined;
        return tell({ kind: 'resumed', text: 'the guest goes on', same: 'resumed' });
    }
  }

  async #diskFailed({ nospace, operation, action, reason }: DiskError): Promise<void> {
    const what = nospace ? 'the disk of this computer is full' : `a disk could not be ${WORD[operation]}: ${reason}`;
    if (action === 'stop') this.#cause = { what, isFull: nospace };
    await this.#parts.tell({ kind: 'disk', text: what, details: { operation, action }, same: what });
  }

  async #stand(status: string, qemu: Monitor): Promise<void> {
    this.#status = status;
    const { what, isFull } = this.#cause ?? { what: `QEMU says ${status}`, isFull: status === FULL };
    this.#stands = isFull
      ? new AppError('VM_DISK_FULL', 'the guest stands still: this computer’s disk has no room for what it writes')
      : new AppError('VM_STANDS_STILL', `the guest stands still: ${what}`);
    if (isFull) void this.#goOnWithRoom(this.#stands, qemu);
    const { code, message: text } = this.#stands;
    await this.#parts.tell({ kind: 'paused', text, details: { code }, same: text });
  }

  /** QEMU lets it run on after its panic: a guest that does not restart itself stands still all the same. */
  #standsUnstopped(what: string): void {
    this.#status = PANICKED;
    this.#stands = new AppError('VM_STANDS_STILL', `the guest stands still: ${what}`);
  }

  async #goOnWithRoom(stands: AppError, qemu: Monitor): Promise<void> {
    const { freeBytes, log, lookMs = LOOK_MS } = this.#parts;
    const { signal } = this.#over;
    while (!signal.aborted && this.#stands === stands) {
      try {
        if ((await freeBytes()) >= ROOM_BYTES) await qemu.execute('cont');
      } catch (error) {
        log.warn(failureOf(error), 'a guest that met a full disk cannot be set going yet');
      }
      await pause(lookMs, signal);
    }
  }
}

/** QEMU does not let a guest go on in the moment in which the last of it is saved. @throws VM_FAILED */
async function wake(qemu: Monitor, status: string): Promise<void> {
  let now = status;
  for (let tries = 0; tries < TRIES && now === 'finish-migrate'; tries += 1) {
    await sleep(AGAIN_MS);
    now = await statusOf(qemu);
  }
  await qemu.execute('cont');
}

async function statusOf(qemu: Monitor): Promise<string> {
  const answer = await qemu.execute('query-status');
  const isAnswer = typeof answer === 'object' && answer !== null && 'status' in answer;
  return isAnswer && typeof answer.status === 'string' ? answer.status.slice(0, 40) : 'nothing';
}

type DiskError = Extract<QemuNews, { event: 'BLOCK_IO_ERROR' }>['data'];

const WORD = { read: 'read', write: 'written' };
