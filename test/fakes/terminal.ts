import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { stripVTControlCharacters } from 'node:util';
import type { Ends } from './made-project.ts';

const PATIENCE_MS = 60_000;
export const ENTER = '\r';

/** A command at a terminal: waits for what it asks, then types. */
export function atTerminal(t: Ends, line: string, { columns = 200, rows = 200 } = {}) {
  const child = spawn('script', ['-qefc', `stty cols ${columns} rows ${rows}; exec ${line}`, '/dev/null'], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  t.after(() => child.kill());
  let shown = '';
  let all = '';
  child.stdout.on('data', (chunk: Buffer) => {
    const text = stripVTControlCharacters(String(chunk));
    shown += text;
    all += text;
  });
  const ended = once(child, 'exit');
  const more = async (what: unknown) => {
    const silent = sleep(PATIENCE_MS, 'was silent', { ref: false });
    const said = await Promise.race([once(child.stdout, 'data'), ended.then(() => 'ended'), silent]);
    if (typeof said === 'string') throw new Error(`the command ${said} before it showed “${what}”: ${shown}`);
  };
  return {
    /** Waits until something is shown, whenever that was. */
    async shows(wanted: RegExp): Promise<void> {
      while (!wanted.test(all)) await more(wanted);
    },
    type(keys: string): void {
      child.stdin.write(keys);
    },
    /** Waits for a question that is open, or a problem, and types. */
    async answer(question: string, ...keys: string[]): Promise<void> {
      const wanted = new RegExp(`[◆■][^◆■]*?${RegExp.escape(question)}`);
      for (let found = wanted.exec(shown); ; found = wanted.exec(shown)) {
        if (found) {
          shown = shown.slice(found.index + found[0].length);
          break;
        }
        await more(question);
      }
      for (const key of keys) child.stdin.write(key);
    },
    async status(): Promise<number> {
      const [status] = await ended;
      return status;
    },
    /** All that was shown. */
    text: () => all,
  };
}
