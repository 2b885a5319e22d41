import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { webServer } from './web-server.ts';

/** How often a dripping server sends a byte. */
const DRIP_MS = 20;

/** A web server with an address, the moment when it was first asked for what is slow, and a way to end the slowness. */
export interface SlowServer {
  address: string;
  asked: Promise<void>;
  goOn: () => void;
}

/** A server of a folder that says nothing, once it was asked for a file that `isHeld` names, until it is let go on. */
export async function holdingServer(
  t: TestContext,
  folder: string,
  isHeld: (path: string) => boolean = () => true,
): Promise<SlowServer> {
  const [asked, goOn] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  t.after(() => goOn.resolve());
  const address = await webServer(t, async ({ url = '/' }, response) => {
    if (isHeld(url)) {
      asked.resolve();
      await goOn.promise;
    }
    const bytes = await readFile(join(folder, url)).catch(() => undefined);
    response.writeHead(bytes ? 200 : 404).end(bytes);
  });
  return { address, asked: asked.promise, goOn: goOn.resolve };
}

/** A server that answers everything with a byte now and then, without end. */
export async function drippingServer(t: TestContext): Promise<SlowServer> {
  const [asked, goOn] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const address = await webServer(t, (_request, response) => {
    asked.resolve();
    response.writeHead(200, { 'content-type': 'application/json' });
    const dripping = setInterval(() => response.write(' '), DRIP_MS);
    response.once('close', () => clearInterval(dripping));
    goOn.promise.then(() => response.end());
  });
  return { address, asked: asked.promise, goOn: goOn.resolve };
}
