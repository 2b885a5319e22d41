/** Styles, which the build puts into a file of their own. */
declare module '*.css';

declare module '@novnc/novnc' {
  /** What of noVNC’s client is used here; the package brings no types. */
  // biome-ignore lint/style/noDefaultExport: that is how the package gives it
  export default class RFB extends EventTarget {
    constructor(target: HTMLElement, url: string, options?: { shared?: boolean });
    scaleViewport: boolean;
    resizeSession: boolean;
    background: string;
    sendCtrlAltDel(): void;
    /** Presses or lets go a key; without `down`, both. */
    sendKey(keysym: number, code: string, down?: boolean): void;
    disconnect(): void;
  }
}

/** A script that the build puts into a file of its own; what is imported is that file’s address. */
declare module '*?worker&url' {
  const url: string;
  // biome-ignore lint/style/noDefaultExport: that is how the build gives it
  export default url;
}

/** What runs on the thread of an audio context, as far as it is used here; TypeScript’s DOM has none of it. */
declare abstract class AudioWorkletProcessor {
  readonly port: MessagePort;
  abstract process(inputs: Float32Array[][], outputs: Float32Array[][]): boolean;
}
declare function registerProcessor(name: string, processor: new () => AudioWorkletProcessor): void;
