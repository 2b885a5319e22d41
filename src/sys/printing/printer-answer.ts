import {
  attributeOf,
  GROUP,
  type IppAttribute,
  type IppGroup,
  type IppMessage,
  numberOf,
  numbers,
  TAG,
  texts,
} from './ipp.ts';
import type { PrinterJobs } from './printer-jobs.ts';
import { OPERATIONS } from './printer-request.ts';

/** What tells of the computer, its users and its other queues. */
const HIDDEN =
  /^(device-|ipp-features|ippget-|job-settable|printer-settable|printer-is-shared|printer-is-temporary|notify-|member-|auth-info|requesting-user-name-|cups-version|printer-dns-sd-name|job-originating-host-name|printer-strings|printer-config|(job|job-printer|printer)-state-message|document-password)/;
/** The answer’s own words may name what is hidden. */
const SAID: readonly string[] = ['attributes-charset', 'attributes-natural-language'];

/** What a guest is told of its printer, and to whom it says what it prints. */
export interface GuestView {
  /** The address under which the guest has the printer. */
  uri: string;
  jobs: Pick<PrinterJobs, 'add' | 'own'>;
  /** Whether the answered request made a job. */
  makesJob: boolean;
}

/** What of an answer goes to the guest: with its own address of the printer, its own numbers of jobs, and jobs of others left out. */
export function passAnswer(answer: IppMessage, requestId: number, view: GuestView): IppMessage {
  const isDone = answer.code < 0x0100;
  const groups = answer.groups.flatMap((group): IppGroup[] => {
    switch (group.tag) {
      case GROUP.operation:
        return [{ tag: group.tag, attributes: group.attributes.filter(({ name }) => SAID.includes(name)) }];
      case GROUP.unsupported:
      case GROUP.printer:
        return [{ tag: group.tag, attributes: shown(group.attributes, view.uri) }];
      case GROUP.job:
        return ofJob(group, isDone, view);
      default:
        return [];
    }
  });
  return { ...answer, requestId, groups };
}

/** An answer of our own: a status and nothing else. */
export function answerWith(
  code: number,
  { version, requestId }: Pick<IppMessage, 'version' | 'requestId'>,
): IppMessage {
  const said = [
    texts('attributes-charset', TAG.charset, 'utf-8'),
    texts('attributes-natural-language', TAG.language, 'en'),
  ];
  return { version, code, requestId, groups: [{ tag: GROUP.operation, attributes: said }] };
}

function ofJob(group: IppGroup, isDone: boolean, { uri, jobs, makesJob }: GuestView): IppGroup[] {
  const real = numberOf(attributeOf(group, 'job-id'));
  if (real === undefined) return [];
  const own = makesJob && isDone ? jobs.add(real) : jobs.own(real);
  if (own === undefined) return [];
  const named = [numbers('job-id', TAG.integer, own), texts('job-uri', TAG.uri, `${uri}/${own}`)];
  const others = shown(group.attributes, uri).filter(({ name }) => name !== 'job-id');
  return [{ tag: group.tag, attributes: [...named, ...others] }];
}

function shown(attributes: readonly IppAttribute[], uri: string): IppAttribute[] {
  return attributes.flatMap((attribute): IppAttribute[] => {
    const { name, values } = attribute;
    switch (name) {
      case 'printer-uri-supported':
      case 'job-printer-uri':
        return [texts(name, TAG.uri, uri)];
      case 'compression-supported':
      // One each for the one address.
      case 'uri-authentication-supported':
      case 'uri-security-supported':
        return [texts(name, TAG.keyword, 'none')];
      case 'operations-supported':
        return [numbers(name, TAG.enum, ...OPERATIONS)];
      default:
        // Addresses lead elsewhere: to the computer, to the printer itself.
        return HIDDEN.test(name) || values.some(({ tag }) => tag === TAG.uri) ? [] : [attribute];
    }
  });
}
