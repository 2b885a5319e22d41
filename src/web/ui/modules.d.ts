/** Styles, which the build puts into a file of their own. */
declare module '*.css';

declare module '@novnc/novnc' {
  /** What of noVNC’s client is used here; the package brings no types. */
  // biome-ignore lint/style/noDefaultExport: that is how the package gives it
  export default class RFB extends EventTarget {
    constructor(target: HTMLElement, url: string, options?: { shared?: boolean });
    scaleViewport: boolean;
    background: string;
    sendCtrlAltDel(): void;
    disconnect(): void;
  }
}
