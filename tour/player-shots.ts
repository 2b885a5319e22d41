import type { Page } from 'playwright-core';
import { drawGuest } from '../lab/guest-screen.ts';
import type { Shot } from './shot.ts';

const bar = (page: Page) => page.getByRole('application').locator('canvas');
const why = async (page: Page) => {
  await page.getByRole('button', { name: 'Why?' }).click();
  await page.getByRole('dialog').getByRole('heading', { name: 'Refused lately' }).waitFor();
};

/** Every page of the player, in the order in which a user comes to them. */
export const PLAYER_SHOTS: readonly Shot[] = [
  { name: 'machines', path: '/', shown: (page) => page.getByRole('region', { name: 'office' }) },
  {
    name: 'install',
    path: '/install',
    shown: (page) => page.getByRole('button', { name: 'See what it would do' }),
  },
  {
    name: 'install-plan',
    path: '/install',
    shown: (page) => page.getByRole('button', { name: 'See what it would do' }),
    act: async (page) => {
      await page.getByLabel('Folder or address of the package').fill('https://packages.acme.example/office-4');
      await page.getByRole('button', { name: 'See what it would do' }).click();
      await page.getByRole('button', { name: 'Install', exact: true }).waitFor();
    },
  },
  {
    name: 'password',
    path: '/',
    shown: (page) => page.getByRole('region', { name: 'office' }),
    act: async (page) => {
      await page.getByRole('button', { name: 'Start', exact: true }).first().click();
      await page.getByRole('dialog').getByRole('button').last().waitFor();
    },
  },
  {
    name: 'update',
    path: '/',
    shown: (page) => page.getByRole('region', { name: 'office' }),
    act: async (page) => {
      await page.getByRole('button', { name: 'Install the newest package' }).first().click();
      await page.getByText(/^Fetching: office/).waitFor();
    },
  },
  { name: 'machine', path: '/machines/office', prepare: drawGuest, shown: bar },
  { name: 'why', path: '/machines/office', prepare: drawGuest, shown: bar, act: why },
  {
    name: 'refused',
    path: '/machines/office',
    prepare: drawGuest,
    shown: bar,
    act: async (page) => {
      await why(page);
      await page.getByRole('dialog').getByRole('row').last().scrollIntoViewIfNeeded();
    },
  },
  {
    name: 'menu',
    path: '/machines/office',
    prepare: drawGuest,
    shown: bar,
    act: async (page) => {
      await page.getByRole('button', { name: 'More' }).click();
      await page.getByRole('menuitem').first().waitFor();
    },
  },
  { name: 'events', path: '/events', shown: (page) => page.getByRole('main').getByText(/refused 10\.0\.0\.1/) },
];

/** The player of a computer that has nothing yet. */
export const EMPTY_SHOTS: readonly Shot[] = [
  { name: 'none', path: '/', shown: (page) => page.getByText('No machine is installed here yet.') },
];
