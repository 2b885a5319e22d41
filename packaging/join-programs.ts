import { dirname, join } from 'node:path';
import { build, type Plugin } from 'vite';

/** Where the packages are named that files were joined of, with their licences, in their folder. */
export const LICENCES = 'licences.json';

/**
 * Without blanks and comments, with the names that traces show. In ASCII: of a text that has one letter beyond Latin-1, as each of
 * ours has, Node keeps two bytes a letter.
 */
const SHORT = { compress: true, mangle: false, codegen: { removeWhitespace: true, asciiOnly: true } };

/**
 * Joins these programs, named by their paths below `root`, and the threads and programs that they start, with what they import, to
 * JavaScript in the folder `out`: a file each, of the same name, and parts that several share, which are named by what is in them:
 * the same sources give the same files.
 */
export async function joinPrograms(root: string, out: string, programs: readonly string[]): Promise<void> {
  await build({
    ...{ root, configFile: false, logLevel: 'warn', plugins: [startedFiles()], ssr: { noExternal: true } },
    build: {
      ...{ ssr: true, outDir: out, emptyOutDir: true, target: 'node24', minify: false, sourcemap: true },
      license: { fileName: LICENCES },
      rolldownOptions: {
        input: programs.map((path) => join(root, path)),
        output: { entryFileNames: '[name].js', chunkFileNames: '[name]-[hash].js', comments: false, minify: SHORT },
      },
    },
  });
}

const STARTED = /new URL\('\.\/([\w-]+)\.ts', import\.meta\.url\)/g;

/** A file of ours that is started as a thread or a process becomes a program too, beside the others. */
function startedFiles(): Plugin {
  return {
    name: 'started-files',
    enforce: 'pre',
    transform(code, id) {
      for (const [, name = ''] of code.matchAll(STARTED))
        this.emitFile({ type: 'chunk', id: join(dirname(id), `${name}.ts`), fileName: `${name}.js` });
      // The lines stay where they were.
      return { code: code.replaceAll(STARTED, "new URL('./$1.js', import.meta.url)"), map: null };
    },
  };
}
