import { createHash } from 'node:crypto';
import { Metadata, MetadataKind, type Root } from '@tufjs/models';
import { z } from 'zod';
import { AppError } from '../lib/errors.ts';
import { canonicalJson } from '../lib/json.ts';
import { asRefusal } from './refusal.ts';
import { keyIdOf } from './sign/keys.ts';
import { jsonOf, parseSigned } from './verify/verified.ts';

/** Which of a project's two repositories: what machines are made of, or what they may do. */
export const RepositoryName = z.enum(['packages', 'policies']);
export type RepositoryName = z.infer<typeof RepositoryName>;

/** A project as a computer knows it: the fingerprint decides, the name is for people. */
export const Identity = z.strictObject({
  name: z.string().regex(/^[\p{L}\p{M}\p{N}\p{P}\p{S} ]{1,100}$/u, 'must be 1 to 100 printable characters'),
  fingerprint: z.string().regex(/^[0-9a-f]{64}$/, 'must be 64 hexadecimal digits'),
});
export type Identity = z.infer<typeof Identity>;

const Hex32 = Identity.shape.fingerprint;
const Key = z.strictObject({
  keytype: z.literal('ed25519'),
  scheme: z.literal('ed25519'),
  keyval: z.strictObject({ public: Hex32 }),
});
const Role = z
  .strictObject({ keyids: z.array(Hex32).min(1).max(16), threshold: z.int().min(1) })
  .refine((role) => role.threshold <= new Set(role.keyids).size, 'must have as many keys as its threshold');

/** How long a root holds unless said otherwise: media have to work for years without a network. */
export const ROOT_VALID_MS = 10 * 365 * 86_400_000;

/** The signed part of a root, trust §3.1. TUF allows much more, and more is refused. */
const RootForm = z
  .strictObject({
    _type: z.literal('root'),
    spec_version: z.string().regex(/^1\.\d+(\.\d+)?$/),
    version: z.int().min(1),
    expires: z.iso.datetime(),
    consistent_snapshot: z.literal(true),
    keys: z.record(Hex32, Key),
    roles: z.strictObject({ root: Role, targets: Role, snapshot: Role, timestamp: Role }),
    'x-lazaret-repository': RepositoryName,
    'x-lazaret-project': Identity.shape.name,
    'x-lazaret-fingerprint': Identity.shape.fingerprint.exactOptional(),
  })
  .superRefine((root, context) => {
    // An id that does not follow from its key would let one signer count as two.
    for (const [id, key] of Object.entries(root.keys)) {
      if (id !== keyIdOf(key.keyval.public))
        context.addIssue({ code: 'custom', path: ['keys', id], message: 'is not the id of its key' });
    }
    const named = root['x-lazaret-fingerprint'] !== undefined;
    if (named !== (root['x-lazaret-repository'] === 'policies'))
      context.addIssue({ code: 'custom', path: ['x-lazaret-fingerprint'], message: 'belongs to policies alone' });
  });
type RootForm = z.infer<typeof RootForm>;

/** What a root says, when it has our form. Its signatures are another matter. @throws TRUST_INVALID */
export function checkRoot(root: Root): RootForm {
  return parseSigned(root.toJSON(), RootForm, `version ${root.version} of the root`);
}

/** A root in its own right: our form, and signed by a threshold of the keys it names. @throws TRUST_INVALID, TRUST_SIGNATURE */
export function parseRoot(bytes: Uint8Array, what: string): Metadata<Root> {
  const json = parseSigned(jsonOf(bytes, what), z.record(z.string(), z.json()), what);
  try {
    const root = Metadata.fromJSON(MetadataKind.Root, json);
    checkRoot(root.signed);
    root.verifyDelegate(MetadataKind.Root, root);
    return root;
  } catch (error) {
    throw asRefusal(error, what);
  }
}

/**
 * Which project and repository version 1 of a root stands for. For packages the fingerprint is the SHA-256 of the canonical
 * signed part, so nobody can claim another's; for policies it is a claim, and signatures have to prove it (trust §3.2, §4.4).
 * @throws TRUST_INVALID
 */
export function identityIn(first: Root): Identity & { repository: RepositoryName } {
  const form = checkRoot(first);
  if (form.version !== 1) throw new AppError('TRUST_INVALID', `1.root.json holds version ${form.version}`);
  return {
    repository: form['x-lazaret-repository'],
    name: form['x-lazaret-project'],
    fingerprint: form['x-lazaret-fingerprint'] ?? fingerprintOf(first),
  };
}

function fingerprintOf(root: Root): string {
  return createHash('sha256').update(canonicalJson(root.toJSON())).digest('hex');
}
