import { AGENT, agentMessage, words } from './messages.ts';

const PIECE_BYTES = 64 << 10;
/** What the agent says of a file (spice-protocol, VD_AGENT_FILE_XFER_STATUS). */
const RESULTS = ['go on', 'cancelled', 'failed', 'arrived', 'no room', 'locked', 'no desktop', 'disabled'] as const;
export type FileResult = (typeof RESULTS)[number] | 'silent';

/** A file as it goes to the guest. */
export interface SentFile {
  name: string;
  bytes: number;
  content: AsyncIterable<Uint8Array>;
  /** Aborted when its sender wants it no more. */
  signal?: AbortSignal;
}

/** One name of a file, as every guest takes it. */
export function isFileName(name: string): boolean {
  return name !== '.' && name !== '..' && /^[^\p{C}/\\:*?"<>|=;[\]]{1,120}$/u.test(name) && name.trim() === name;
}

export function startOfFile(id: number, { name, bytes }: Pick<SentFile, 'name' | 'bytes'>): Buffer {
  const said = `[vdagent-file-xfer]\nname=${name}\nsize=${bytes}\n\0`;
  return agentMessage(AGENT.fileStart, Buffer.concat([words(id), Buffer.from(said)]));
}

/** A file’s bytes as messages of a size that others get their turn between; of none it is one, which ends an empty file. */
export function* pieceOfFile(id: number, bytes: Uint8Array): Generator<Buffer> {
  let at = 0;
  do {
    const piece = bytes.subarray(at, at + PIECE_BYTES);
    yield agentMessage(AGENT.fileData, Buffer.concat([words(id, piece.length, 0), piece]));
    at += PIECE_BYTES;
  } while (at < bytes.length);
}

/** Tells the guest that no more of it comes. */
export function cancelOfFile(id: number): Buffer {
  return agentMessage(AGENT.fileStatus, words(id, RESULTS.indexOf('cancelled')));
}

/** What the agent says of which file; what is not known is a failure. */
export function fileResult([id = -1, result = -1]: readonly number[]): { id: number; result: FileResult } {
  return { id, result: RESULTS[result] ?? 'failed' };
}
