import { serveJobs } from '../../sys/threads.ts';
import { openRebuild } from './rebuild-jobs.ts';

serveJobs(openRebuild);
