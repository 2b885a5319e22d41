/** What a soak does, and what follows from a seed and how its machines stand: pure. */
type State = 'running' | 'suspended' | 'stopped';

/** A machine as it stands before a round. */
export interface Standing {
  vm: string;
  state: State;
  snapshots: number;
  hasDisc: boolean;
  /** Its next start uses another system. */
  isWaiting: boolean;
  /** It is suspended, and has been updated since it was started: it cannot go on where it was. */
  isUnfit: boolean;
  /** How many versions come after the one that it has. */
  versionsLeft: number;
}

export const MOST_SNAPSHOTS = 2;
/** Of each machine, in order. */
export const VERSIONS: readonly string[] = ['1', '2', '3', '4'];

interface Row {
  /** How often it is chosen beside others that are possible. */
  weight: number;
  isPossible: (machine: Standing) => boolean;
  /** What the service answers where it has to refuse. */
  refusal?: (machine: Standing) => string | undefined;
}

const runs = ({ state }: Standing) => state === 'running';
const always = () => true;

/** What is done with one machine. */
const OF_MACHINE = {
  switch: { weight: 30, isPossible: runs },
  'switch too far': {
    weight: 3,
    isPossible: (machine) => runs(machine) && machine.versionsLeft > 1,
    refusal: () => 'not taken',
  },
  'switch to nothing known': { weight: 3, isPossible: runs, refusal: () => 'not taken' },
  browse: { weight: 10, isPossible: runs },
  'look up': { weight: 10, isPossible: runs },
  'look around': { weight: 6, isPossible: always },
  suspend: { weight: 5, isPossible: runs },
  stop: { weight: 4, isPossible: runs },
  reset: { weight: 2, isPossible: runs },
  start: {
    weight: 25,
    isPossible: (machine) => !runs(machine),
    refusal: ({ isUnfit }) => (isUnfit ? 'SUSPENDED_UNFIT' : undefined),
  },
  'start anew': { weight: 8, isPossible: ({ state }) => state === 'suspended' },
  reimage: { weight: 5, isPossible: ({ state }) => state === 'stopped' },
  'take a snapshot': {
    weight: 5,
    // Which of two reasons is given is not asked.
    isPossible: ({ isWaiting, snapshots }) => !isWaiting || snapshots < MOST_SNAPSHOTS,
    refusal: ({ isWaiting, snapshots }) =>
      isWaiting ? 'VM_RUNNING' : snapshots >= MOST_SNAPSHOTS ? 'SNAPSHOT_FULL' : undefined,
  },
  'remove a snapshot': { weight: 5, isPossible: ({ snapshots }) => snapshots > 0 },
  'put a disc in': { weight: 5, isPossible: (machine) => runs(machine) && !machine.hasDisc },
  'take the disc out': { weight: 6, isPossible: (machine) => runs(machine) && machine.hasDisc },
  'connect what is not there': { weight: 2, isPossible: runs, refusal: () => 'DEVICE_UNKNOWN' },
} as const satisfies Record<string, Row>;
/** What is done with all of it. */
const OF_SITE = { deploy: 8, update: 3, zone: 5 } as const;
/** How the service is restarted, with machines that run on. */
const OF_SERVICE = { restart: 1, 'kill the service': 1 } as const;

export type Step =
  | { what: keyof typeof OF_MACHINE; vm: string; refusal?: string }
  | { what: keyof typeof OF_SITE | keyof typeof OF_SERVICE };

/** Numbers from 0 to 1 that follow from a seed: the same ones each time (mulberry32). */
export function randomFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** One of several, by their weights. */
export function oneOf<T>(random: () => number, choices: readonly (readonly [T, weight: number])[]): T {
  let left = random() * choices.reduce((sum, [, weight]) => sum + weight, 0);
  const found = choices.find(([, weight]) => {
    left -= weight;
    return left < 0;
  });
  const [choice] = found ?? choices.at(-1) ?? [];
  if (choice === undefined) throw new Error('there is nothing to choose from');
  return choice;
}

const RESTARTS_OF_TEN = 2;
const ALL_OF_IT_OF_TEN = 3;

/**
 * What is done next, at once: a step for each of some machines, now and then one for all of the site; or a restart of the service
 * alone, where it may be restarted.
 */
export function nextSteps(random: () => number, machines: readonly Standing[], mayRestart: boolean): Step[] {
  if (random() * 10 < RESTARTS_OF_TEN && mayRestart)
    return [{ what: oneOf(random, Object.entries(OF_SERVICE)) as keyof typeof OF_SERVICE }];
  const site: Step[] =
    random() * 10 < ALL_OF_IT_OF_TEN ? [{ what: oneOf(random, Object.entries(OF_SITE)) as keyof typeof OF_SITE }] : [];
  // A new system for a machine is no time to do something with it.
  if (site.some(({ what }) => what === 'update')) return site;
  const some = machines.filter(() => random() < 0.7);
  return [...site, ...some.map((machine) => stepOf(random, machine))];
}

function stepOf(random: () => number, machine: Standing): Step {
  const rows = Object.entries<Row>(OF_MACHINE).filter(([, { isPossible }]) => isPossible(machine));
  const [what, row] = oneOf(
    random,
    rows.map((entry) => [entry, entry[1].weight] as const),
  );
  const refusal = row.refusal?.(machine);
  return { what: what as keyof typeof OF_MACHINE, vm: machine.vm, ...(refusal === undefined ? {} : { refusal }) };
}
