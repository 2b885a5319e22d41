import type { FailureParts } from './ask.ts';
import { AskFailure } from './ask.ts';

interface Sending {
  /** Told how much of it has gone, from 0 to 1. */
  onProgress: (part: number) => void;
  signal: AbortSignal;
}

/** Sends a file to a process as the body of a request; what fetch does not tell is how far it is. @throws AskFailure; TypeError where nobody answers, or it was cancelled */
export function sendFile(to: string, file: Blob, { onProgress, signal }: Sending): Promise<void> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.responseType = 'json';
    request.upload.onprogress = ({ loaded, total }) => onProgress(total === 0 ? 1 : loaded / total);
    request.onload = () => {
      const failed = (request.response as { error?: FailureParts } | null)?.error;
      if (failed) reject(new AskFailure(failed));
      else resolve();
    };
    request.onerror = () => reject(new TypeError('nobody answers'));
    request.onabort = () => reject(new TypeError('it was cancelled'));
    signal.addEventListener('abort', () => request.abort());
    request.open('POST', to);
    request.send(file);
  });
}
