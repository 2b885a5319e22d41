import { serveJobs } from '../../sys/programs/threads.ts';
import { openDescribe } from './describe-jobs.ts';

serveJobs(openDescribe);
