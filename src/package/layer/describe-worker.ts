import { serveJobs } from '../../sys/threads.ts';
import { openDescribe } from './describe-jobs.ts';

serveJobs(openDescribe);
