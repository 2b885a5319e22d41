import { fileURLToPath } from 'node:url';
import type { Resolvers } from './resolver.ts';

const PROGRAM = fileURLToPath(new URL('./relay-program.ts', import.meta.url));
/** It keeps some hundred questions at most. */
const SMALL = ['--max-semi-space-size=1', '--max-old-space-size=64'];

/** What a forwarder of its own process is told. */
export interface RelayOrder {
  /** The words that lead into the namespace where it is asked; it ends when the file has gone. */
  enter: readonly string[];
  namespaceFile: string;
  address: string;
  port: number;
  /** Who it becomes once it listens; 0 where there is no other user. */
  uid: number;
  resolvers: Resolvers;
}

/** The command that starts a forwarder, as root. It says `ready` once it can be asked. */
export function relayCommand(order: RelayOrder): readonly string[] {
  return [process.execPath, ...SMALL, PROGRAM, JSON.stringify(order)];
}
