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
