import { z } from 'zod';
import { ACE_NOTE_CODES, IMPORT_NOTE_CODES } from '../../lib/import-notes.ts';
import { NewProjectRequest } from './new-project.ts';

const Parts = z.record(z.string(), z.union([z.string(), z.number()]));
/** What of another program’s machine is not taken over, and what that means. */
export const ImportNote = z.object({ code: z.enum(IMPORT_NOTE_CODES), parts: Parts, text: z.string() });
export const AceNote = z.object({
  code: z.enum(ACE_NOTE_CODES),
  parts: Parts,
  text: z.string(),
  /** Where it was found. */
  file: z.string().exactOptional(),
  line: z.int().exactOptional(),
  /** Something that was restricted is not any more. */
  isWeaker: z.boolean(),
});
export type AceNote = z.infer<typeof AceNote>;

const Path = z.string().startsWith('/').max(4000);

/** A project of VMware ACE, by its `.vmprj` on this computer. */
export const AcePlanRequest = z.strictObject({ path: Path });

/** What becomes of it, before anything is made. */
export const AcePlanAnswer = z.object({
  name: z.string(),
  notes: z.array(AceNote),
  machines: z.array(
    z.object({
      vm: z.string(),
      disk: z.string(),
      memoryMiB: z.int(),
      cpus: z.int(),
      quarantine: z.string(),
      notes: z.array(AceNote),
      hardwareNotes: z.array(ImportNote),
    }),
  ),
  /** The rules for users’ computers themselves, in words. */
  hostRules: z.string().exactOptional(),
});
export type AcePlanAnswer = z.infer<typeof AcePlanAnswer>;

export const ImportAceRequest = NewProjectRequest.extend({ path: Path });
