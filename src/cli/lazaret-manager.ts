#!/usr/bin/env node
import { managerProgram } from './manager-program.ts';
import { runProgram } from './program.ts';

await runProgram(await managerProgram(process.argv.slice(2)));
