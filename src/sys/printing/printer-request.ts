import {
  attributeOf,
  GROUP,
  type IppAttribute,
  type IppGroup,
  type IppMessage,
  numberOf,
  numbers,
  TAG,
  textOf,
  texts,
} from './ipp.ts';
import type { PrinterJobs } from './printer-jobs.ts';

/** What a guest may ask of its printer (RFC 8011 §4). */
export const OPERATION = {
  printJob: 0x0002,
  validateJob: 0x0004,
  createJob: 0x0005,
  sendDocument: 0x0006,
  cancelJob: 0x0008,
  getJobAttributes: 0x0009,
  getJobs: 0x000a,
  getPrinterAttributes: 0x000b,
} as const;
export const OPERATIONS: readonly number[] = Object.values(OPERATION);

/** Answers of ours (RFC 8011 appendix B). */
export const STATUS = {
  badRequest: 0x0400,
  notFound: 0x0406,
  tooLarge: 0x0408,
  formatUnknown: 0x040a,
  charsetUnknown: 0x040d,
  compressionUnknown: 0x040f,
  operationUnknown: 0x0501,
  unavailable: 0x0502,
  versionUnknown: 0x0503,
  busy: 0x0507,
} as const;

/** Operations that have a job, that make one, and that a document follows. */
const OF_JOB: readonly number[] = [OPERATION.sendDocument, OPERATION.cancelJob, OPERATION.getJobAttributes];
const MAKING: readonly number[] = [OPERATION.printJob, OPERATION.createJob];
/** Whose answers are told apart by the numbers of jobs. */
const OF_NUMBERS: readonly number[] = [OPERATION.getJobs, OPERATION.getJobAttributes];
const WITH_DOCUMENT: readonly number[] = [OPERATION.printJob, OPERATION.sendDocument];

/** What is said of an operation: all else is left out, as a printer does with what it does not know. */
const OPERATION_ATTRIBUTES: readonly string[] = [
  ...['job-name', 'ipp-attribute-fidelity', 'document-name', 'document-format', 'document-natural-language'],
  ...['last-document', 'requested-attributes', 'which-jobs', 'job-k-octets', 'job-impressions'],
  ...['job-media-sheets', 'message'],
];

/** How a job is printed. Not who hears of it, what is billed, or what the computer’s own programs are told. */
const JOB_ATTRIBUTES: readonly string[] = [
  ...['copies', 'finishings', 'finishings-col', 'media', 'media-col', 'multiple-document-handling', 'number-up'],
  ...['orientation-requested', 'output-bin', 'page-delivery', 'page-ranges', 'presentation-direction-number-up'],
  ...['print-color-mode', 'print-content-optimize', 'print-quality', 'print-rendering-intent', 'print-scaling'],
  ...['printer-resolution', 'sides'],
];

/** Kinds of documents that are orders to the computer’s own printing programs. */
const INNER_FORMAT = /^application\/vnd\.cups-/i;
const LANGUAGE = /^[a-z]{1,8}(-[a-z0-9]{1,8}){0,4}$/i;
const JOB_URI = /\/ipp\/print\/([1-9][0-9]{0,8})$/;

/** The queue behind a guest’s printer. */
export interface Queue {
  /** Its address as the computer’s printing service knows it. */
  uri: string;
  /** In whose name the guest prints. */
  user: string;
}

/** A request as it is passed on, or why it is not. */
export type Judged =
  | { pass: IppMessage; makesJob: boolean; hasDocument: boolean }
  | { refused: (typeof STATUS)[keyof typeof STATUS] };

/**
 * What of a guest’s request goes to the queue: it is written anew, with the queue’s address, the user’s name and the computer’s number
 * of a job that is the guest’s. What is no such request is refused.
 */
export function passRequest(request: IppMessage, queue: Queue, jobs: Pick<PrinterJobs, 'real'>): Judged {
  const { version, code, groups } = request;
  if (version >> 8 !== 1 && version >> 8 !== 2) return { refused: STATUS.versionUnknown };
  if (!OPERATIONS.includes(code)) return { refused: STATUS.operationUnknown };
  const [operation, job, ...others] = groups;
  // Subscriptions would have the computer call others.
  if (operation?.tag !== GROUP.operation || others.length > 0 || (job && job.tag !== GROUP.job))
    return { refused: STATUS.badRequest };
  if ([operation, job].some((group) => group && hasTwice(group))) return { refused: STATUS.badRequest };
  if (!/^(utf-8|us-ascii)$/i.test(textOf(attributeOf(operation, 'attributes-charset'), TAG.charset) ?? ''))
    return { refused: STATUS.charsetUnknown };
  if (INNER_FORMAT.test(textOf(attributeOf(operation, 'document-format'), TAG.mime) ?? ''))
    return { refused: STATUS.formatUnknown };
  // How large it becomes, nobody knows before the computer’s disk is full.
  if (isCompressed(operation)) return { refused: STATUS.compressionUnknown };
  const real = OF_JOB.includes(code) ? jobs.real(jobNumber(operation) ?? 0) : undefined;
  if (OF_JOB.includes(code) && real === undefined) return { refused: STATUS.notFound };
  const known = operation.attributes.filter(({ name }) => OPERATION_ATTRIBUTES.includes(name));
  const passed = OF_NUMBERS.includes(code) ? known.map(withJobId) : known;
  const own: IppGroup = {
    tag: GROUP.operation,
    attributes: [
      texts('attributes-charset', TAG.charset, 'utf-8'),
      texts('attributes-natural-language', TAG.language, languageOf(operation)),
      texts('printer-uri', TAG.uri, queue.uri),
      ...(real === undefined ? [] : [numbers('job-id', TAG.integer, real)]),
      texts('requesting-user-name', TAG.name, queue.user),
      ...passed,
    ],
  };
  const template = job?.attributes.filter(({ name }) => JOB_ATTRIBUTES.includes(name)) ?? [];
  const pass = {
    ...request,
    groups: [own, ...(template.length > 0 ? [{ tag: GROUP.job, attributes: template }] : [])],
  };
  return { pass, makesJob: MAKING.includes(code), hasDocument: WITH_DOCUMENT.includes(code) };
}

/** A job is told from others by its number, so that is always asked for. */
function withJobId(attribute: IppAttribute): IppAttribute {
  if (attribute.name !== 'requested-attributes') return attribute;
  return { ...attribute, values: [...attribute.values, { tag: TAG.keyword, bytes: Buffer.from('job-id') }] };
}

function jobNumber(operation: IppGroup): number | undefined {
  const uri = textOf(attributeOf(operation, 'job-uri'), TAG.uri);
  if (uri === undefined) return numberOf(attributeOf(operation, 'job-id'));
  const found = JOB_URI.exec(uri)?.[1];
  return found === undefined ? undefined : Number(found);
}

function languageOf(operation: IppGroup): string {
  const language = textOf(attributeOf(operation, 'attributes-natural-language'), TAG.language) ?? '';
  return LANGUAGE.test(language) ? language : 'en';
}

function isCompressed({ attributes }: IppGroup): boolean {
  const compression = attributes.find(({ name }) => name === 'compression');
  return compression !== undefined && textOf(compression, TAG.keyword) !== 'none';
}

function hasTwice({ attributes }: IppGroup): boolean {
  return new Set(attributes.map(({ name }) => name)).size < attributes.length;
}
