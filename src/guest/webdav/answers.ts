import type { Shown } from '../../sys/files/beneath.ts';
import { LOCK_S } from './locks.ts';
import { addressOf } from './paths.ts';

export const XML_HEAD = '<?xml version="1.0" encoding="utf-8"?>\n<D:multistatus xmlns:D="DAV:">\n';
export const XML_END = '</D:multistatus>\n';

/** One file or folder, with all that there is to say of it, whatever was asked for. */
export function shownXml(names: readonly string[], shown: Shown): string {
  const { isFolder, bytes, changedAt, tag } = shown;
  const time = `<D:getlastmodified>${changedAt.toUTCString()}</D:getlastmodified><D:creationdate>${changedAt.toISOString()}</D:creationdate>`;
  const kind = isFolder
    ? '<D:resourcetype><D:collection/></D:resourcetype>'
    : `<D:resourcetype/><D:getcontentlength>${bytes}</D:getcontentlength><D:getetag>${escaped(tag)}</D:getetag>`;
  return `<D:response><D:href>${escaped(addressOf(names, isFolder))}</D:href><D:propstat><D:prop>${kind}${time}${LOCKABLE}</D:prop><D:status>HTTP/1.1 200 OK</D:status></D:propstat></D:response>\n`;
}

const SCOPE = '<D:lockscope><D:exclusive/></D:lockscope><D:locktype><D:write/></D:locktype>';
const LOCKABLE = `<D:supportedlock><D:lockentry>${SCOPE}</D:lockentry></D:supportedlock>`;

export function lockXml(names: readonly string[], token: string): string {
  const root = escaped(addressOf(names, false) || '/');
  return `<?xml version="1.0" encoding="utf-8"?>\n<D:prop xmlns:D="DAV:"><D:lockdiscovery><D:activelock>${SCOPE}<D:depth>0</D:depth><D:timeout>Second-${LOCK_S}</D:timeout><D:locktoken><D:href>${token}</D:href></D:locktoken><D:lockroot><D:href>${root}</D:href></D:lockroot></D:activelock></D:lockdiscovery></D:prop>\n`;
}

function escaped(text: string): string {
  return text.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`);
}
