import { serveJobs } from '../../sys/programs/threads.ts';
import { openRebuild } from './rebuild-jobs.ts';

serveJobs(openRebuild);
