import { z } from 'zod';
import { AppError } from '../../lib/errors.ts';
import { jsonOrNothing } from '../../lib/json.ts';
import { Identity } from '../root.ts';
import { heard } from './spoken.ts';
import { machineNumber, REQUEST_BYTES, readRequest } from './telephone.ts';

/** A request or an answer is no longer, in a file. */
export const MOST_HOT_FIX_BYTES = 16 << 10;

export const Problem = z.enum(['password', 'expired', 'moved']);
export type Problem = z.infer<typeof Problem>;

const Line = (least: number, most: number) =>
  z
    .string()
    .min(least)
    .max(most)
    .regex(/^[^\p{Cc}]*$/u, 'has control characters');

/** Text of several lines, which is shown to people. */
export const Words = z
  .string()
  .max(2000)
  .regex(/^[^\p{Cc}]*(\n[^\p{Cc}]*)*$/u, 'has control characters');

/** What is read out of a request, in base64url: each has another, so that it is the request’s name too. */
export const RequestName = z.string().regex(/^[A-Za-z0-9_-]{47}$/);

/** Who asks, in his own words. */
const ASKING = { name: Line(1, 100), address: Line(0, 254), note: Words };

/** A request for a hot fix, as it is sent in a file. Nothing in it is signed: whoever answers it looks who asks. */
export const HotFixRequest = z.strictObject({
  format: z.literal(1),
  kind: z.literal('hot-fix-request'),
  project: Identity,
  vm: z.string().regex(/^[a-z0-9]([a-z0-9-]{0,38}[a-z0-9])?$/),
  vmId: z.uuid(),
  request: RequestName,
  problem: Problem,
  madeAt: z.iso.datetime(),
  /** The project’s public key that the computer will look for. */
  key: Identity.shape.fingerprint,
  computer: Line(0, 253),
  /** What the computer says of the problem: since when it has expired, from where to where it was moved. */
  situation: Line(0, 4096),
  ...ASKING,
});
export type HotFixRequest = z.infer<typeof HotFixRequest>;

/** Reads a request’s file. @throws HOT_FIX_INVALID */
export function parseHotFixRequest(bytes: Uint8Array): HotFixRequest {
  const { data, error } = HotFixRequest.safeParse(jsonOrNothing(Buffer.from(bytes).toString('utf8')));
  if (!data) throw new AppError('HOT_FIX_INVALID', 'this file is no request for a hot fix', { cause: error });
  const said = readRequest(requestBytes(data.request));
  if (said?.problem === data.problem && said.machine === machineNumber(data.vmId)) return data;
  throw new AppError('HOT_FIX_INVALID', 'this file contradicts what would be read out of it');
}

export function requestName(request: Uint8Array): string {
  return Buffer.from(request).toString('base64url');
}

/** Whether a request is for the secret that opens encrypted disks. */
export function recovers(name: string): boolean {
  return readRequest(requestBytes(name))?.recovers === true;
}

export function requestBytes(name: string): Uint8Array {
  return Buffer.from(name, 'base64url');
}

/** What was read out, as bytes. @throws HOT_FIX_WRONG, which names the group that was not heard right */
export function heardBytes(text: string, byteLength: number): Uint8Array {
  const said = heard(text, byteLength);
  if ('bytes' in said) return said.bytes;
  switch (said.problem) {
    case 'length':
      throw new AppError('HOT_FIX_WRONG', `these are not ${said.groups} groups of five letters`);
    case 'letter':
      throw new AppError('HOT_FIX_WRONG', `no group has the letter ${said.letter}`);
    case 'group':
      throw new AppError('HOT_FIX_WRONG', `group ${said.group} was not heard right`);
  }
}

/** A request that was read out. @throws HOT_FIX_WRONG */
export function heardRequest(text: string): { request: string; problem: Problem; machine: number; recovers: boolean } {
  const bytes = heardBytes(text, REQUEST_BYTES);
  const said = readRequest(bytes);
  if (said) return { request: requestName(bytes), ...said };
  throw new AppError('HOT_FIX_WRONG', 'these groups are no request for a hot fix that is known here');
}
