import { printerCommand } from '../../sys/printing/printer-order.ts';
import { guestAddresses, networkNames, PRINTER_PORT } from '../addresses.ts';
import { loadRules } from '../nft.ts';
import { enterNamespace, namespaceFile } from './namespace.ts';
import type { NetworkOptions } from './network-options.ts';
import { USUAL } from './own-subnets.ts';
import { printerTransaction } from './rules/ruleset.ts';
import { endSocketHolders, socketHolders, startSocketHolder } from './socket-holder.ts';

/** A queue of the computer’s that a guest gets as its printer. */
export interface PrinterQueue {
  /** The socket of the computer’s printing service, and the queue’s address there. */
  socket: string;
  uri: string;
  /** In whose name the guest prints. */
  user: string;
}

/**
 * The printer of one machine: a process of its own that takes what the guest prints at its gateway and leads it on to one queue. It
 * outlives us, and runs as the user of the machine’s helpers, with nothing of root’s powers.
 */
export class MachinePrinter {
  readonly #options: NetworkOptions;
  readonly #namespace: string;

  constructor(options: NetworkOptions) {
    this.#options = options;
    this.#namespace = networkNames(options.id).namespace;
  }

  /** Serves a queue in place of the one that is served; a guest with normal access reaches it. @throws NETWORK_FAILED, FILTER_FAILED */
  async serve(queue: PrinterQueue): Promise<void> {
    await this.end();
    const { dnsUid: uid, runFolder, own = USUAL } = this.#options;
    const enter = enterNamespace(this.#namespace);
    const { gateway: address } = guestAddresses(own.subnets);
    const at = { enter, namespaceFile: namespaceFile(this.#namespace), address, port: PRINTER_PORT, uid };
    const started = { logFile: `${runFolder}/printer.log`, port: PRINTER_PORT, failed: 'no printer for the machine' };
    await startSocketHolder(printerCommand({ ...at, ...queue }), started);
    try {
      await this.#let(address);
    } catch (error) {
      await endSocketHolders(this.#namespace, [PRINTER_PORT]);
      throw error;
    }
  }

  /** Whether one is served, by whichever service. */
  async isServed(): Promise<boolean> {
    return (await socketHolders(this.#namespace, [PRINTER_PORT])).length > 0;
  }

  /** Nobody reaches it any more, and what is being printed is cut off. @throws FILTER_FAILED */
  async end(): Promise<void> {
    await this.#let(undefined);
    await endSocketHolders(this.#namespace, [PRINTER_PORT]);
  }

  #let(gateway: string | undefined): Promise<void> {
    return loadRules(enterNamespace(this.#namespace), `${printerTransaction(gateway).join('\n')}\n`);
  }
}
