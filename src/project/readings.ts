import { createHash } from 'node:crypto';
import { checkPolicy } from '../policy/reading/check.ts';
import { MachinePolicy } from '../policy/schema.ts';
import { ProjectFile, VmFile, VmState } from './schema.ts';
import { parseYaml, type YamlFile } from './yaml-file.ts';

/** Of the texts that are kept for each kind of file; what is made of them takes some times as much. */
const MAX_KEPT_BYTES = 32 << 20;

/** A file’s text and digest, and what was made of it. */
export interface Reading<T> {
  text: string;
  sha256: string;
  made: T;
}

/**
 * What was made of files, kept while they have the same bytes: no time and no size has to be believed. Who is given something
 * that was kept does not change it. At most `maxBytes` of text are kept, of what was asked for last.
 */
export class KeptReadings<T> {
  readonly #make: (text: string) => T;
  readonly #maxBytes: number;
  readonly #kept = new Map<string, Reading<T> & { bytes: number }>();
  #bytes = 0;

  constructor(make: (text: string) => T, maxBytes = MAX_KEPT_BYTES) {
    this.#make = make;
    this.#maxBytes = maxBytes;
  }

  of(path: string, bytes: Buffer): Reading<T> {
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    const known = this.#taken(path);
    if (known?.sha256 === sha256) return this.#keep(path, known);
    const text = bytes.toString('utf8');
    return this.#keep(path, { text, sha256, made: this.#make(text), bytes: bytes.length });
  }

  #taken(path: string) {
    const known = this.#kept.get(path);
    if (known) {
      this.#kept.delete(path);
      this.#bytes -= known.bytes;
    }
    return known;
  }

  #keep(path: string, reading: Reading<T> & { bytes: number }): Reading<T> {
    this.#kept.set(path, reading);
    this.#bytes += reading.bytes;
    for (const oldest of this.#kept.keys()) {
      if (this.#bytes <= this.#maxBytes) break;
      this.#taken(oldest);
    }
    return reading;
  }
}

/** What was read of the files of a project, for whoever opens it again and again. */
export class Readings {
  readonly project = new KeptReadings((text) => parseYaml(text, ProjectFile));
  readonly machines = new KeptReadings((text) => parseYaml(text, VmFile));
  readonly policies = new KeptReadings(policyIn);
  readonly states = new KeptReadings((text) => parseYaml(text, VmState));
}

/** A policy, held to what no schema can see too. */
export function policyIn(text: string): YamlFile<MachinePolicy> {
  const { value, problems } = parseYaml(text, MachinePolicy);
  return value === undefined ? { problems } : { value, problems: [...problems, ...checkPolicy(value)] };
}
