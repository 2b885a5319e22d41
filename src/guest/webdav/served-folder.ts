import { fileURLToPath } from 'node:url';
import { AppError, ERRORS, type ErrorCode } from '../../lib/errors.ts';
import { jsonOrNothing } from '../../lib/json.ts';
import { connectUnix } from '../../sys/network/sockets.ts';
import { type SocketProgram, startWithSocket } from '../../sys/programs/handed-socket-program.ts';
import type { ShareOrder } from './order.ts';

const PROGRAM = fileURLToPath(new URL('./program.ts', import.meta.url));
const CONNECT_MS = 10_000;

/**
 * Serves a folder at the socket of a guest’s port, in a process of its own that is the user whose it is.
 * @throws SHARE_FOLDER, FILE_MISSING, FILE_DENIED, VM_FAILED
 */
export async function serveFolder(port: string, order: ShareOrder): Promise<SocketProgram> {
  const socket = await connectUnix(port, CONNECT_MS, undefined, { isUnread: true });
  const serving = await startWithSocket(PROGRAM, order, socket);
  if (serving.firstLine === 'ready') return serving;
  await serving[Symbol.asyncDispose]();
  throw failureSaid(order.path, serving.firstLine);
}

function failureSaid(path: string, line: string | undefined): AppError {
  const said = jsonOrNothing(line ?? '');
  const { code, reason } = (typeof said === 'object' && said !== null ? said : {}) as Record<string, unknown>;
  if (typeof code !== 'string' || typeof reason !== 'string' || !isCode(code) || code === 'INTERNAL')
    return new AppError('VM_FAILED', `${path} cannot be served: whoever was to serve it ended without a reason`);
  return new AppError(code === 'FILE_INVALID' ? 'SHARE_FOLDER' : code, reason, { details: { path } });
}

function isCode(code: string): code is ErrorCode {
  return Object.hasOwn(ERRORS, code);
}
