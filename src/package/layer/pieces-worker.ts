import { serveJobs } from '../../sys/threads.ts';
import { openPieces } from './pieces-jobs.ts';

serveJobs(openPieces);
