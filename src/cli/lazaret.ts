#!/usr/bin/env node
import { defaultSocket } from './own-folders.ts';
import { runProgram } from './program.ts';
import { userProgram } from './user-program.ts';

await runProgram(await userProgram(process.argv.slice(2), await defaultSocket()));
