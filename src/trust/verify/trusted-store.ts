import { type Metadata, MetadataKind, type Root, type Snapshot, type Timestamp } from '@tufjs/models';
import { TrustedMetadataStore } from 'tuf-js/dist/store.js';
import { AppError } from '../../lib/errors.ts';
import { checkRoot } from '../root.ts';
import type { RoleName } from './saved.ts';

interface VerifiedRole {
  role: RoleName;
  bytes: Buffer;
}

/**
 * tuf-js's set of verified metadata, which does all the verifying, with four additions. It judges expiry by the time we give
 * it instead of the system's, every root in it has our form, it remembers its last refusal, because `Updater` turns some of them
 * into text, and it says which roles were verified since it was last asked, so that each can be kept before the next is fetched.
 */
export class TrustedStore extends TrustedMetadataStore {
  /** The error that stopped the last step, if it was stopped. */
  lastRefusal: unknown;
  #verified: VerifiedRole[] = [];
  readonly #timeUnder: (root: Root) => number;
  readonly #checkForm: (root: Root) => unknown;

  /**
   * The time in milliseconds may depend on the root in force; at 0 nothing has expired. Only a conformance suite, whose roots
   * are nobody’s project, checks another form than ours.
   * @throws what tuf-js throws when the root does not sign itself
   */
  constructor(root: Buffer, timeUnder: (root: Root) => number, checkForm: (root: Root) => unknown = checkRoot) {
    super(root);
    this.#timeUnder = timeUnder;
    this.#checkForm = checkForm;
    checkForm(this.root.signed);
    this.#verified.push({ role: 'root', bytes: root });
    // The one way in: tuf-js reads `new Date()` in its constructor and has no option for it. If a later version keeps its
    // clock elsewhere, we must not go on with the wrong time.
    const clock: unknown = Reflect.get(this, 'referenceTime');
    if (!(clock instanceof Date)) throw new AppError('INTERNAL', 'tuf-js moved its clock');
    this.#setClock();
  }

  override updateRoot(bytes: Buffer): Metadata<Root> {
    return this.#noting(() => {
      const root = super.updateRoot(bytes);
      this.#checkForm(root.signed);
      this.#setClock();
      this.#verified.push({ role: 'root', bytes });
      return root;
    });
  }

  override updateTimestamp(bytes: Buffer): Metadata<Timestamp> {
    return this.#noting(() => {
      const timestamp = super.updateTimestamp(bytes);
      this.#verified.push({ role: 'timestamp', bytes });
      return timestamp;
    });
  }

  override updateSnapshot(bytes: Buffer, trusted?: boolean): Metadata<Snapshot> {
    return this.#noting(() => {
      const snapshot = super.updateSnapshot(bytes, trusted);
      this.#verified.push({ role: 'snapshot', bytes });
      return snapshot;
    });
  }

  override updateDelegatedTargets(bytes: Buffer, role: string, delegator: string): void {
    this.#noting(() => {
      super.updateDelegatedTargets(bytes, role, delegator);
      this.#verified.push({ role: 'targets', bytes });
    });
  }

  /** The roles verified since this was last called, in their order. */
  takeVerified(): readonly VerifiedRole[] {
    return this.#verified.splice(0);
  }

  /** A whole release from files at hand, in the order TUF gives (§5.4 to §5.6). @throws what tuf-js throws */
  load(files: { timestamp: Buffer; snapshot: Buffer; targets: Buffer }): void {
    this.updateTimestamp(files.timestamp);
    this.updateSnapshot(files.snapshot);
    this.updateDelegatedTargets(files.targets, MetadataKind.Targets, MetadataKind.Root);
  }

  #setClock(): void {
    Reflect.set(this, 'referenceTime', new Date(this.#timeUnder(this.root.signed)));
  }

  #noting<T>(step: () => T): T {
    try {
      return step();
    } catch (error) {
      this.lastRefusal = error;
      throw error;
    }
  }
}
