import { type Logger, pino } from 'pino';

export type Log = Pick<Logger, 'debug' | 'info' | 'warn' | 'error'>;

/** JSON lines on standard error; constant messages with fields. Keys that could hold a secret are never written. */
export function openLog(name: string, level: string = process.env['LAZARET_LOG'] ?? 'info'): Log {
  const destination = pino.destination({ dest: 2, sync: true });
  // What cannot be written, as on a full disk, is lost: it must not end the program that tells it.
  destination.on('error', () => undefined);
  return pino(
    { name, level, redact: { paths: ['passphrase', '*.passphrase', 'key', '*.key'], censor: '[secret]' } },
    destination,
  );
}

export const silentLog: Log = pino({ level: 'silent' });
