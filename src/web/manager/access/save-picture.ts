import { saveText } from '../../ui/save-text.ts';

/** Gives the browser a picture of the page to save. */
export function savePicture(picture: SVGSVGElement, name: string): void {
  const text = new XMLSerializer().serializeToString(picture);
  saveText(text, name, 'image/svg+xml');
}
