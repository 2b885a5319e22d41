import type { LayerEntry } from '../layer/entry.ts';
import type { PolicyDocument } from '../policy/schema.ts';
import type { PackedFile } from './packed-file.ts';

/** What of a manifest has to agree with something else in it. */
interface Manifest {
  project: { fingerprint: string };
  kind: string;
  createdAt: string;
  expiresAt: string;
  generation: number;
  minGeneration?: number;
  machines: readonly Machine[];
  policies: readonly PolicyDocument[];
  resources?: readonly PackedFile[];
}

interface Machine {
  name: string;
  id: string;
  release: number;
  firmware: string;
  secureBoot?: true;
  boot?: { kernel: PackedFile; initrd?: PackedFile };
  layers: readonly LayerEntry[];
  policy: PolicyDocument;
}

/** What a manifest says that cannot all be so, however well it is signed; nothing for every manifest we make. */
export function contradictions(manifest: Manifest): string[] {
  const { project, kind, machines, policies } = manifest;
  const documents = [...machines.map(({ policy }) => policy), ...policies];
  const problems = [
    ...machines.flatMap(machineProblems),
    ...twice(
      'two machines have the name',
      documents.map(({ vm }) => vm),
    ),
    ...twice(
      'two machines have the id',
      documents.map(({ vmId }) => vmId),
    ),
    ...documents
      .filter((document) => document.project !== project.fingerprint)
      .map(({ vm }) => `the policy of ${vm} is another project’s`),
    ...sizeProblems(manifest),
  ];
  if (kind === 'policy' && machines.length > 0) problems.push('a policy package has machines');
  if (Date.parse(manifest.expiresAt) <= Date.parse(manifest.createdAt)) problems.push('it expires before it was made');
  if ((manifest.minGeneration ?? 0) > manifest.generation) problems.push('it demands a newer generation than its own');
  return problems;
}

function machineProblems({ name, id, release, firmware, secureBoot, boot, layers, policy }: Machine): string[] {
  const problems: string[] = [];
  if (policy.vm !== name || policy.vmId !== id) problems.push(`the policy of ${name} is another machine’s`);
  if (release !== layers.length) problems.push(`${name} is of release ${release}, and has ${layers.length} layers`);
  if ((firmware === 'direct') !== (boot !== undefined)) problems.push(`${name} has a kernel or needs one`);
  if (secureBoot && firmware !== 'uefi') problems.push(`${name} has Secure Boot, and does not start by UEFI`);
  layers.forEach(({ below }, place) => {
    const lower = layers.slice(0, place).map(({ sha256 }) => sha256);
    if (below.length !== place || below.some((sha256, at) => sha256 !== lower[at]))
      problems.push(`layer ${place + 1} of ${name} does not stand on those below it`);
  });
  return [
    ...problems,
    ...twice(
      `${name} has the layer`,
      layers.map(({ sha256 }) => sha256),
    ),
  ];
}

/** One digest is one file: whoever names it twice says the same of it. */
function sizeProblems({ machines, resources = [] }: Manifest): string[] {
  const said = new Map<string, string>();
  const problems: string[] = [];
  const files = machines.flatMap(({ boot }) => (boot ? [boot.kernel, ...(boot.initrd ? [boot.initrd] : [])] : []));
  for (const { sha256, bytes, blob } of [...machines.flatMap(({ layers }) => layers), ...files, ...resources]) {
    const says = `${bytes} ${blob.sha256} ${blob.bytes}`;
    if ((said.get(sha256) ?? says) !== says) problems.push(`two sizes or blobs are given for ${sha256}`);
    said.set(sha256, says);
  }
  return problems;
}

function twice(what: string, names: readonly string[]): string[] {
  return [...new Set(names.filter((name, at) => names.indexOf(name) !== at))].map((name) => `${what} ${name}`);
}
