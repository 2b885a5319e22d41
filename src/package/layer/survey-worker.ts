import { serveJobs } from '../../sys/threads.ts';
import { openSurvey } from './survey-jobs.ts';

serveJobs(openSurvey);
