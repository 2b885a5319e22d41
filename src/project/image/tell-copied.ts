/** `prepare`: files of the image are put together into one that is then copied as a disk. */
export type CopyStep = 'prepare' | 'copy';

/** Told how many bytes of a step are done: of its files, or of its disk. */
export type TellCopied = (done: number, total: number, step: CopyStep) => void;
