#!/usr/bin/env node
import { runProgram } from './program.ts';
import { serviceProgram } from './service-program.ts';

await runProgram(serviceProgram());
