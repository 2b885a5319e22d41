import { constants, openSync } from 'node:fs';
import * as fs from 'node:fs/promises';
import { Socket } from 'node:net';
import { systemCode } from '../../lib/errors.ts';
import { run } from '../programs/exec.ts';
import { coded, fileError } from './file-error.ts';

/** Makes a named pipe that is its owner’s alone. @throws FILE_DENIED, PROGRAM_FAILED */
export async function makePipe(path: string): Promise<void> {
  await coded(path, () => fs.rm(path, { force: true }));
  await run('mkfifo', ['-m', '600', path]);
}

/**
 * A pipe’s end for a program to write to, which is also one to read from: whatever becomes of its reader, the pipe stays,
 * and takes what there is room for.
 */
export async function openPipeEnd(path: string): Promise<fs.FileHandle> {
  return coded(path, () => fs.open(path, constants.O_RDWR | constants.O_NONBLOCK));
}

/** What is written to a pipe, until nobody can write to it any more or the socket is destroyed. Undefined where there is no such pipe. */
export function readPipe(path: string): Socket | undefined {
  try {
    const fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    const socket = new Socket({ fd, readable: true, writable: false });
    socket.on('error', () => socket.destroy());
    return socket;
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return undefined;
    throw fileError(error, path);
  }
}
