import { spawn } from 'node:child_process';
import { connect, createServer } from 'node:net';
import { pipeline } from 'node:stream';

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'];
const LOOK_EVERY_MS = 500;

/**
 * Runs a program with our terminal, hands it the signals we get, and ends as it ends. Where it `mayOpenPorts`, it asks by
 * messages, from a network of its own, for ports of this computer’s loopback.
 */
export function start([program, ...args], mayOpenPorts = false) {
  const child = spawn(program, args, { stdio: ['inherit', 'inherit', 'inherit', ...(mayOpenPorts ? ['ipc'] : [])] });
  child.on('message', ({ port, path }) => openPort(child, port, path));
  for (const signal of SIGNALS) process.on(signal, () => child.kill(signal));
  whenNpmEnds(() => child.kill('SIGTERM'));
  child.once('error', (error) => {
    throw error;
  });
  child.once('exit', (code, signal) => {
    if (signal === null) process.exit(code);
    for (const handled of SIGNALS) process.removeAllListeners(handled);
    process.kill(process.pid, signal);
  });
}

/** Hands what comes to a port of loopback on to a Unix socket, which leads into the program’s network. Ends with us. */
function openPort(child, port, path) {
  const server = createServer((near) => {
    const far = connect(path);
    pipeline(near, far, near, () => undefined);
  });
  server.once('error', ({ code }) => child.send({ port, failed: code }));
  server.listen(port, '127.0.0.1', () => child.send({ port }));
}

/** npm and its shell end at a signal that was meant for us too, and do not hand it on. */
function whenNpmEnds(end) {
  if (!process.env.npm_lifecycle_event) return;
  const parent = process.ppid;
  const look = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(look);
    end();
  }, LOOK_EVERY_MS);
}
