import { spawn } from 'node:child_process';

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'];

/** Runs a program with our terminal, hands it the signals we get, and ends as it ends. */
export function start([program, ...args]) {
  const child = spawn(program, args, { stdio: 'inherit' });
  for (const signal of SIGNALS) process.on(signal, () => child.kill(signal));
  child.once('error', (error) => {
    throw error;
  });
  child.once('exit', (code, signal) => {
    if (signal === null) process.exit(code);
    for (const handled of SIGNALS) process.removeAllListeners(handled);
    process.kill(process.pid, signal);
  });
}
