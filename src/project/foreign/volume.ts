const ID = '[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}';
const VOLUME = new RegExp(`^(${ID})/(${ID})$`, 'i');

/** Export domains keep each disk as a volume in the folder of its image, both named by numbers alone: so it leads nowhere else. */
export function volumeIn(name: string): { image: string; volume: string } | undefined {
  const [, image, volume] = VOLUME.exec(name) ?? [];
  return image === undefined || volume === undefined ? undefined : { image, volume };
}
