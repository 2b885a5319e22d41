import { serveJobs } from '../../sys/programs/threads.ts';
import { openCopy } from './copy-jobs.ts';

serveJobs(openCopy);
