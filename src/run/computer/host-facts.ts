import { canonicalJson } from '../../lib/json.ts';
import type { Beacon, ZoneDescription } from '../../policy/zones.ts';
import type { HostFacts } from '../../quarantine/zones.ts';
import { type NetworkFacts, readNetworkFacts } from '../../sys/network/network-facts.ts';
import { provenKey } from '../../sys/network/tls-key.ts';

const BEACON_MS = 2000;
/** A proof, also that nobody answers, is renewed after so long, and holds for so long while the networks stay the same. */
const FRESH_MS = 5000;
const PROOF_MS = 60_000;
/** The ends of machines’ links are no networks that the computer is on. */
const isOurs = (name: string) => name.startsWith('lz-');

/** What this computer knows of the networks that it is on, as far as a policy asks. */
export class HostObserver {
  readonly #read: () => Promise<NetworkFacts>;
  readonly #prove: typeof provenKey;
  #networks = '';
  readonly #proofs = new Map<string, { at: number; key: string | undefined }>();
  readonly #asking = new Map<string, Promise<string | undefined>>();

  constructor(read = () => readNetworkFacts(isOurs), prove = provenKey) {
    this.#read = read;
    this.#prove = prove;
  }

  /** Undefined where there are no zones: then nothing is looked at. */
  async facts(zones: readonly { when: ZoneDescription }[]): Promise<HostFacts | undefined> {
    if (zones.length === 0) return undefined;
    const facts = await this.#read();
    const networks = canonicalJson(facts);
    if (networks !== this.#networks) this.#proofs.clear();
    this.#networks = networks;
    const beacons = zones.flatMap(({ when: { beacon } }) => (beacon ? [beacon] : []));
    const proven = await Promise.all(beacons.map((beacon) => this.#isProven(beacon)));
    return { ...facts, beacons: beacons.filter((_, index) => proven[index]) };
  }

  /** A proof that is no longer fresh is renewed behind the back of whoever asks, as long as it holds. */
  async #isProven({ address, pin }: Beacon): Promise<boolean> {
    const proof = this.#proofs.get(address);
    const ageMs = proof ? performance.now() - proof.at : Number.POSITIVE_INFINITY;
    if (ageMs > FRESH_MS) {
      const renewed = this.#renew(address);
      if (ageMs > PROOF_MS) return (await renewed) === pin;
    }
    return proof?.key === pin;
  }

  /** Asks the beacon, one question at a time; the answer counts unless the networks have changed meanwhile. */
  #renew(address: string): Promise<string | undefined> {
    const asked = this.#asking.get(address) ?? this.#ask(address);
    this.#asking.set(address, asked);
    return asked;
  }

  async #ask(address: string): Promise<string | undefined> {
    const networks = this.#networks;
    const key = await this.#prove(address, BEACON_MS);
    this.#asking.delete(address);
    if (networks !== this.#networks) return undefined;
    this.#proofs.set(address, { at: performance.now(), key });
    return key;
  }
}
