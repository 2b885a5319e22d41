import { lazy, Suspense } from 'react';
import { createBrowserRouter, createRoutesFromElements, Route, RouterProvider, useRouteError } from 'react-router';
import { showPage } from '../ui/Page.tsx';
import { Deployments } from './Deployments.tsx';
import { Frame } from './frame/Frame.tsx';
import { Machine } from './Machine.tsx';
import { Machines } from './Machines.tsx';
import { Packages } from './Packages.tsx';
import { Problems } from './Problems.tsx';
import { Project } from './Project.tsx';

/** Fetched when somebody goes there: they know the rules of policies. */
const VersionsPage = lazy(() =>
  import('./versions/VersionsPage.tsx').then((module) => ({ default: module.VersionsPage })),
);

const WizardPage = lazy(() => import('./wizard/WizardPage.tsx').then((module) => ({ default: module.WizardPage })));

const PolicyPage = lazy(() => import('./policy/PolicyPage.tsx').then((module) => ({ default: module.PolicyPage })));

const AddMachine = lazy(() => import('./machines/AddMachine.tsx').then((module) => ({ default: module.AddMachine })));

const SnapshotsPage = lazy(() =>
  import('./machines/SnapshotsPage.tsx').then((module) => ({ default: module.SnapshotsPage })),
);
const ExportPage = lazy(() => import('./machines/ExportPage.tsx').then((module) => ({ default: module.ExportPage })));
const HardwarePage = lazy(() =>
  import('./machines/HardwarePage.tsx').then((module) => ({ default: module.HardwarePage })),
);

const RunPage = lazy(() => import('./machines/RunPage.tsx').then((module) => ({ default: module.RunPage })));

const MakePackage = lazy(() =>
  import('./packages/MakePackage.tsx').then((module) => ({ default: module.MakePackage })),
);
const AccessPage = lazy(() => import('./access/AccessPage.tsx').then((module) => ({ default: module.AccessPage })));

const SettingsPage = lazy(() =>
  import('./settings/SettingsPage.tsx').then((module) => ({ default: module.SettingsPage })),
);

const HotFixesPage = lazy(() =>
  import('./hot-fixes/HotFixesPage.tsx').then((module) => ({ default: module.HotFixesPage })),
);

/** What the router caught is for the page’s own words. */
function Thrown(): never {
  throw useRouteError();
}

const router = createBrowserRouter(
  createRoutesFromElements(
    <Route element={<Frame />} errorElement={<Thrown />}>
      <Route index element={<Project />} />
      <Route path="machines" element={<Machines />} />
      <Route
        path="add-machine"
        element={
          <Suspense fallback={null}>
            <AddMachine />
          </Suspense>
        }
      />
      <Route path="machines/:vm" element={<Machine />} />
      <Route
        path="machines/:vm/versions"
        element={
          <Suspense fallback={null}>
            <VersionsPage />
          </Suspense>
        }
      />
      <Route
        path="machines/:vm/quarantine/:panel?"
        element={
          <Suspense fallback={null}>
            <WizardPage />
          </Suspense>
        }
      />
      <Route
        path="machines/:vm/policy"
        element={
          <Suspense fallback={null}>
            <PolicyPage />
          </Suspense>
        }
      />
      <Route
        path="settings"
        element={
          <Suspense fallback={null}>
            <SettingsPage />
          </Suspense>
        }
      />
      <Route
        path="machines/:vm/access"
        element={
          <Suspense fallback={null}>
            <AccessPage />
          </Suspense>
        }
      />
      <Route
        path="machines/:vm/hardware"
        element={
          <Suspense fallback={null}>
            <HardwarePage />
          </Suspense>
        }
      />
      <Route
        path="machines/:vm/snapshots"
        element={
          <Suspense fallback={null}>
            <SnapshotsPage />
          </Suspense>
        }
      />
      <Route
        path="machines/:vm/export"
        element={
          <Suspense fallback={null}>
            <ExportPage />
          </Suspense>
        }
      />
      <Route
        path="machines/:vm/run"
        element={
          <Suspense fallback={null}>
            <RunPage />
          </Suspense>
        }
      />
      <Route path="packages" element={<Packages />} />
      <Route
        path="packages/new"
        element={
          <Suspense fallback={null}>
            <MakePackage />
          </Suspense>
        }
      />
      <Route path="deployments" element={<Deployments />} />
      <Route
        path="hot-fixes"
        element={
          <Suspense fallback={null}>
            <HotFixesPage />
          </Suspense>
        }
      />
      <Route path="problems" element={<Problems />} />
      <Route path="*" element={<Project />} />
    </Route>,
  ),
);

void showPage(<RouterProvider router={router} />, 'lazaret-manager');
