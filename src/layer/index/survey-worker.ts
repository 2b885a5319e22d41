import { serveJobs } from '../../sys/programs/threads.ts';
import { openSurvey } from './survey-jobs.ts';

serveJobs(openSurvey);
