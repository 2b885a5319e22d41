import type { Page } from 'playwright-core';
import { goesOn, runsInPreview } from '../lab/previewed.ts';
import type { TaskAnswer } from '../src/api/manager/tasks.ts';
import { before, type Shot } from './shot.ts';

const heading = (page: Page) => page.getByRole('heading', { level: 1 });
const panel = (page: Page) => page.getByRole('heading', { level: 2 }).first();
const TASK: Pick<TaskAnswer, 'id' | 'startedAt' | 'log'> = { id: 'shown', startedAt: before(2), log: [] };

/** As the page of an empty folder is answered. */
async function hasNoProject(page: Page): Promise<void> {
  const error = { code: 'PROJECT_MISSING', reason: 'there is no project', causes: [], remedy: '', details: {} };
  await page.route('**/api/v1/project', (route) => route.fulfill({ status: 404, json: { error } }));
  await page.route('**/api/v1/new-project', (route) => route.fulfill({ json: { folder: '/home/admin/acme' } }));
}

/** Every page of the manager, in the order of its rail and of what an administrator does. */
export const MANAGER_SHOTS: readonly Shot[] = [
  {
    name: 'new-project',
    path: '/',
    prepare: hasNoProject,
    shown: (page) => page.getByRole('button', { name: 'Make the project' }),
  },
  { name: 'project', path: '/', shown: (page) => page.getByRole('cell', { name: 'a deploy, a package' }).first() },
  { name: 'machines', path: '/machines', shown: (page) => page.getByRole('cell', { name: 'a deploy, a package' }) },
  {
    name: 'keys',
    path: '/machines',
    shown: (page) => page.getByRole('row', { name: /^office/ }),
    act: async (page) => {
      await page.keyboard.press('?');
      await page.getByRole('dialog', { name: 'Keys' }).waitFor();
    },
  },
  {
    name: 'add-machine',
    path: '/add-machine',
    shown: (page) => page.getByRole('button', { name: 'Add', exact: true }),
  },
  {
    name: 'hardware',
    path: '/machines/office/hardware',
    shown: (page) => page.getByRole('button', { name: 'Save' }),
  },
  {
    name: 'snapshots',
    path: '/machines/office/snapshots',
    shown: (page) => page.getByRole('heading', { level: 1 }),
  },
  {
    name: 'export',
    path: '/machines/office/export',
    shown: (page) => page.getByRole('button', { name: 'Export', exact: true }),
  },
  { name: 'machine', path: '/machines/office', shown: (page) => page.getByRole('region', { name: 'Summary' }) },
  {
    name: 'run',
    path: '/machines/office/run',
    shown: (page) => page.getByRole('button', { name: 'Start in preview' }),
  },
  {
    name: 'run-preview',
    path: '/machines/office/run',
    prepare: (page) => runsInPreview(page, 'office', before(2)),
    shown: (page) => page.getByRole('application').locator('canvas'),
    act: async (page) => page.getByText('restricted', { exact: true }).waitFor(),
  },
  { name: 'versions', path: '/machines/office/versions', shown: (page) => page.getByRole('slider') },
  {
    name: 'versions-add',
    path: '/machines/office/versions',
    shown: (page) => page.getByRole('slider'),
    act: async (page) => {
      await page.getByRole('button', { name: 'Add new version' }).click();
      await page.getByRole('dialog', { name: 'Add New Version' }).getByRole('button', { name: 'OK' }).waitFor();
    },
  },
  { name: 'policy', path: '/machines/office/policy', shown: (page) => page.getByLabel('The file, policy.yaml') },
  { name: 'access', path: '/machines/office/access', shown: (page) => page.getByRole('img', { name: /^What office/ }) },
  {
    name: 'access-simulated',
    path: '/machines/office/access',
    shown: (page) => page.getByRole('img', { name: /^What office/ }),
    act: async (page) => {
      await page.getByLabel('Version that it has reported').selectOption({ index: 2 });
      await page.getByLabel('To', { exact: true }).fill('203.0.113.9:22');
      await page.getByRole('button', { name: 'Ask' }).click();
      await page.getByText('Not allowed').waitFor();
    },
  },
  ...['options', 'lookup', 'normal', 'traffic', 'restricted', 'versions', 'messages', 'ready', 'deploy'].map(
    (place): Shot => ({ name: `wizard-${place}`, path: `/machines/office/quarantine/${place}`, shown: panel }),
  ),
  ...(
    [
      ['static', 'Static quarantine', ['options', 'normal', 'ready']],
      ['dynamic', 'Dynamic quarantine', ['lookup', 'ready']],
      ['custom', 'Custom quarantine using script', ['script', 'restricted', 'messages', 'ready']],
    ] as const
  ).flatMap(([type, label, places]) => places.map((place) => ofType(type, label, place))),
  { name: 'packages', path: '/packages', shown: (page) => page.getByRole('row', { name: /office-1/ }) },
  {
    name: 'make-package',
    path: '/packages/new',
    shown: heading,
    act: async (page) => {
      await page.getByRole('button', { name: 'Show the plan' }).click();
      await page.getByRole('region', { name: 'The plan' }).waitFor();
    },
  },
  {
    name: 'make-package-going',
    path: '/packages/new',
    prepare: (page) => goesOn(page, { ...TASK, kind: 'build', about: 'office-2', state: 'running', progress: PACKING }),
    shown: (page) => page.getByRole('progressbar'),
  },
  { name: 'deployments', path: '/deployments', shown: (page) => page.getByRole('list', { name: 'office' }) },
  {
    name: 'deployments-back',
    path: '/deployments',
    shown: (page) => page.getByRole('list', { name: 'office' }),
    act: async (page) => {
      await page.getByRole('button', { name: /^Go back to number/ }).click();
      await page.getByRole('dialog').getByRole('listitem').first().waitFor();
    },
  },
  {
    name: 'deployments-going',
    path: '/deployments',
    prepare: (page) =>
      goesOn(page, { ...TASK, kind: 'deploy', about: 'policies', state: 'running', progress: PUTTING }),
    shown: (page) => page.getByRole('progressbar'),
    act: (page) => page.getByText('As YAML').waitFor(),
  },
  { name: 'hot-fixes', path: '/hot-fixes', shown: (page) => page.getByRole('button', { name: 'Save' }) },
  { name: 'settings', path: '/settings', shown: (page) => page.getByRole('button', { name: 'Save' }) },
  { name: 'problems', path: '/problems', shown: heading },
];

/** A panel of the wizard for a machine that has no quarantine yet, once a type is chosen. */
function ofType(type: string, label: string, place: string): Shot {
  const wizard = '/machines/accounting/quarantine';
  return {
    name: `wizard-${type}-${place}`,
    path: `${wizard}/options`,
    shown: panel,
    act: async (page) => {
      const goto = async (to: string) => {
        await page.goto(new URL(`${wizard}/${to}`, page.url()).href);
        await panel(page).waitFor();
      };
      await page.getByRole('radio', { name: label }).check();
      if (type === 'custom') {
        await goto('script');
        await page.getByLabel('Which file of the project’s resources?').fill('ask-inventory.sh');
      }
      await goto(place);
    },
  };
}

const PACKING = {
  part: 'pack',
  of: 'office',
  amounts: { unit: 'bytes', done: 3.1 * 2 ** 30, total: 7.4 * 2 ** 30, perSecond: 96 * 2 ** 20, secondsLeft: 46 },
} as const;
const PUTTING = {
  part: 'put',
  of: 'https://policies.acme.example/office',
  amounts: { unit: 'files', done: 3, total: 7 },
} as const;
