import { z } from 'zod';

/** What an administrator may not have meant, by kind. */
export const WARNING_CODES = [
  'no-policy-server',
  'nobody-listed',
  'time-over',
  'device-missing',
  'normal-lacks',
  'never-reached',
  'change-holds',
  'version-behind',
  'not-deployed',
] as const;
export type WarningCode = (typeof WARNING_CODES)[number];

/** Something that an administrator may not have meant: in English, and by its code with what stands in its sentence. */
export const Warning = z.object({
  code: z.enum(WARNING_CODES),
  vm: z.string(),
  text: z.string(),
  parts: z.record(z.string(), z.union([z.string(), z.number()])),
});
export type Warning = z.infer<typeof Warning>;

/** A warning before it is known which machine it is about. */
export type Doubt = Omit<Warning, 'vm'>;

export function warningAbout(vm: string, { code, text, parts }: Doubt): Warning {
  return { code, vm, text: `${vm}: ${text}`, parts };
}

export function textsOf(warnings: readonly Warning[]): string[] {
  return warnings.map(({ text }) => text);
}
