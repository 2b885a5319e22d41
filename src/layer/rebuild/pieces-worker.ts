import { serveJobs } from '../../sys/programs/threads.ts';
import { openPieces } from './pieces-jobs.ts';

serveJobs(openPieces);
