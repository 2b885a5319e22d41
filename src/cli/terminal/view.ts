import type { Duplex } from 'node:stream';
import { ownSocket } from '../../sys/network/streams.ts';
import { hasProgram, run } from '../../sys/programs/exec.ts';
import type { Context } from '../program.ts';
import { print, printStep } from './print.ts';

/** Viewers that open a Unix socket. Others want a TCP port, which every user of this computer could open. */
const VIEWERS = ['xtigervncviewer', 'vncviewer'];
/** What a viewer needs of the session that it is to appear in. */
const SESSION = ['DISPLAY', 'WAYLAND_DISPLAY', 'XAUTHORITY', 'XDG_RUNTIME_DIR'];

/**
 * Shows a machine’s screen in a viewer until that is closed; where there is none, or no session for it, says where the screen
 * is and holds it open until Ctrl-C. `open` gives one connection to the screen.
 */
export async function viewScreen(
  context: Context,
  vm: string,
  open: () => Promise<Duplex>,
  isFullScreen = false,
): Promise<void> {
  // Whether there is anything to see is known before a window opens.
  (await open()).destroy();
  const failures: unknown[] = [];
  await using screen = await ownSocket(`${vm}.vnc`, open, (error) => failures.push(error));
  const { path } = screen;
  const viewer = await findViewer();
  if (context.json || viewer === undefined) {
    print(context, { vm, screen: path }, whereText(vm, path, viewer === undefined));
    await new Promise<void>((done) => context.signal.addEventListener('abort', () => done(), { once: true }));
    return;
  }
  printStep(context, `the screen of ${vm} in ${viewer}`);
  await run(viewer, [...(isFullScreen ? ['-FullScreen'] : []), path], {
    timeoutMs: 0,
    env: session(),
    signal: context.signal,
  });
  if (failures.length > 0) throw failures[0];
}

function whereText(vm: string, path: string, isWithout: boolean): string {
  const why = isWithout ? 'no viewer here: install tigervnc-viewer, or ' : '';
  return `the screen of ${vm} (VNC): ${path}\n${why}open it in a session of yours with: vncviewer ${path}\nCtrl-C closes it`;
}

async function findViewer(): Promise<string | undefined> {
  if (process.env['DISPLAY'] === undefined && process.env['WAYLAND_DISPLAY'] === undefined) return undefined;
  for (const name of VIEWERS) if (hasProgram(name) && (await isTiger(name))) return name;
  return undefined;
}

/** Several viewers have the same name; TigerVNC’s takes a socket. */
async function isTiger(name: string): Promise<boolean> {
  const { stdout, stderr } = await run(name, ['-h'], { allow: [0, 1], env: session(), timeoutMs: 5000 });
  return /tigervnc/i.test(stdout + stderr);
}

function session(): Record<string, string> {
  return Object.fromEntries(
    SESSION.flatMap((name) => (process.env[name] === undefined ? [] : [[name, process.env[name] ?? '']])),
  );
}
