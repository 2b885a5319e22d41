import type { Circumstances, KnownFile, SavedState } from './saved-state.ts';

/** Why a machine cannot go on where it was suspended; undefined when it can, as far as is known before QEMU runs. */
export function whyUnfit(saved: Circumstances, now: Circumstances): string | undefined {
  if (saved.generation !== now.generation)
    return `it was suspended in generation ${saved.generation}, and generation ${now.generation} is the one to start`;
  if (saved.processor !== now.processor) return 'it was suspended on another processor';
  if (saved.hardware !== now.hardware) return 'it was suspended with other devices than machines have here now';
  const changed = saved.files.find((file) => !isSame(file, now.files)) ?? now.files.find(isNew(saved.files));
  return changed && `${changed.name} has changed since it was suspended`;
}

/** The same for the QEMU that runs. */
export function whyOtherQemu({ qemu }: Pick<SavedState, 'qemu'>, now: string): string | undefined {
  return qemu === now ? undefined : `it was suspended by QEMU ${qemu}, and this is ${now}`;
}

function isSame({ name, bytes, changedAt }: KnownFile, now: readonly KnownFile[]): boolean {
  const found = now.find((file) => file.name === name);
  return found?.bytes === bytes && found.changedAt === changedAt;
}

function isNew(saved: readonly KnownFile[]): (file: KnownFile) => boolean {
  return ({ name }) => !saved.some((file) => file.name === name);
}
