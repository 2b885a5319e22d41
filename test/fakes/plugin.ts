import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { Script } from '../../src/policy/parts/script.ts';
import type { PluginEvent } from '../../src/quarantine/plugin.ts';
import { pluginUser } from '../../src/run/machine/host/users.ts';
import { askPlugin, type PluginReply } from '../../src/run/plugins/plugin.ts';
import type { PluginFile } from '../../src/run/plugins/plugin-files.ts';
import { scratch } from './made-project.ts';

export interface Asked {
  descriptor?: string;
  event?: PluginEvent;
  script?: Partial<Script>;
  signal?: AbortSignal;
}

/** A folder of plug-ins, given as texts by name, and a way to ask one of them as the service does. */
export function plugins(t: TestContext, texts: Record<string, string>) {
  const folder = scratch(t);
  const files: PluginFile[] = Object.entries(texts).map(([name, text]) => {
    mkdirSync(folder, { recursive: true });
    const path = join(folder, name);
    writeFileSync(path, text);
    return { name, path };
  });
  return {
    folder,
    files,
    ask(file: string, { descriptor, event = 'update', script = {}, signal }: Asked = {}): Promise<PluginReply> {
      const question = {
        script: Script.parse({ file, ...script }),
        ...{ event, descriptor, project: 'a'.repeat(64), vmId: '6d1a1b9c-6a3e-4a57-9f3e-2d8f0f6c1a11' },
        signal: signal ?? new AbortController().signal,
      };
      return askPlugin(question, { files: async () => files, folder: join(folder, 'run') }, pluginUser(0));
    },
  };
}

/** The verdict, or the code of a void one. */
export function outcome({ answer }: PluginReply): string {
  return answer.verdict === 'void' ? answer.code : answer.verdict;
}
