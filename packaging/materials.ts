import { readFileSync } from 'node:fs';

/** A package of others that is in what people install. */
export interface Material {
  name: string;
  version: string;
  /** By the names of SPDX. */
  identifier: string;
  /** The licence itself, where the package brings it. */
  text?: string;
}

/** What is inside, by the lists that were written where it was joined; each package once, by its name. */
export function materials(lists: readonly string[]): Material[] {
  const all: Material[] = lists.flatMap((list) => JSON.parse(readFileSync(list, 'utf8')));
  const byName = new Map(all.map((material) => [`${material.name}@${material.version}`, material]));
  return [...byName].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, material]) => material);
}

/** Their licences, for people. */
export function notices(all: readonly Material[]): string {
  const parts = all.map(({ name, version, identifier, text }) =>
    `${name} ${version} (${identifier})\n\n${text ?? ''}`.trim(),
  );
  return `${['Lazaret holds these packages of others.', ...parts].join(`\n\n${'-'.repeat(72)}\n\n`)}\n`;
}

/** The same for programs that look after such lists: a bill of materials by CycloneDX 1.6. */
export function billOfMaterials(release: string, all: readonly Material[]): object {
  return {
    ...{ bomFormat: 'CycloneDX', specVersion: '1.6', version: 1 },
    metadata: { component: { type: 'application', name: 'lazaret', version: release } },
    components: all.map(({ name, version, identifier }) => ({
      ...{ type: 'library', 'bom-ref': `${name}@${version}`, name, version },
      purl: `pkg:npm/${name.replace('@', '%40')}@${version}`,
      licenses: [{ expression: identifier }],
    })),
  };
}
