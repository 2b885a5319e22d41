import { AppError, systemCode } from '../../lib/errors.ts';
import { askQueue } from './ask-queue.ts';
import { attributeOf, encodeIpp, GROUP, numbers, TAG, textOf, texts } from './ipp.ts';

const SOCKET = '/run/cups/cups.sock';
const GET_PRINTERS = 0x4002;
/** What CUPS answers where there is none. */
const NOT_FOUND = 0x0406;
const MAX_QUEUES = 200;
/** As CUPS names them: no blanks, and nothing of an address. */
const QUEUE_NAME = /^(?!\.)[^\s\p{C}/\\?#'"<>%]{1,127}$/u;

/** Where CUPS listens for the programs of its own computer: as for all of them, its variable may name another socket. */
export function printingSocket(): string {
  const { CUPS_SERVER: named } = process.env;
  return named?.startsWith('/') ? named : SOCKET;
}

/** The address of a queue, for the computer’s own printing service. */
export function queueUri(queue: string): string {
  return `ipp://localhost/printers/${encodeURIComponent(queue)}`;
}

/** The names of the computer’s queues, as its printing service has them. @throws PRINTER_NONE */
export async function printerQueues(socket = printingSocket()): Promise<string[]> {
  const question = encodeIpp({
    ...{ version: 0x0200, code: GET_PRINTERS, requestId: 1 },
    groups: [
      {
        tag: GROUP.operation,
        attributes: [
          texts('attributes-charset', TAG.charset, 'utf-8'),
          texts('attributes-natural-language', TAG.language, 'en'),
          numbers('limit', TAG.integer, MAX_QUEUES),
          texts('requested-attributes', TAG.keyword, 'printer-name'),
        ],
      },
    ],
  });
  try {
    const { code, groups } = await askQueue({ socket, uri: 'ipp://localhost/' }, question, []);
    if (code === NOT_FOUND) return [];
    if (code >= 0x0100) throw new Error(`it answers with status ${code.toString(16)}`);
    const names = groups
      .filter(({ tag }) => tag === GROUP.printer)
      .map((group) => textOf(attributeOf(group, 'printer-name'), TAG.name) ?? '');
    return names
      .filter((name) => QUEUE_NAME.test(name))
      .slice(0, MAX_QUEUES)
      .sort();
  } catch (cause) {
    const isAway = ['ENOENT', 'ECONNREFUSED', 'EACCES'].includes(systemCode(cause) ?? '');
    const why = isAway
      ? 'has no printing service (CUPS) that is running'
      : 'has a printing service that does not answer';
    throw new AppError('PRINTER_NONE', `this computer ${why}`, { cause });
  }
}
