import { type Logger, pino } from 'pino';

export type Log = Pick<Logger, 'debug' | 'info' | 'warn' | 'error'>;

/** JSON lines on standard error; constant messages with fields. Keys that could hold a secret are never written. */
export function openLog(name: string, level: string = process.env['LAZARET_LOG'] ?? 'info'): Log {
  return pino(
    { name, level, redact: { paths: ['passphrase', '*.passphrase', 'key', '*.key'], censor: '[secret]' } },
    pino.destination({ dest: 2, sync: true }),
  );
}

export const silentLog: Log = pino({ level: 'silent' });
