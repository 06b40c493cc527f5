import { openDatabase } from '@gravity/server';
import { afterAll } from 'vitest';
import { temporaryFolder, testConfig } from '../helpers.js';
import { consistencyContract } from './consistency-contract.js';

const folder = temporaryFolder();
afterAll(() => folder.remove());

consistencyContract('PGlite', () => openDatabase(testConfig(folder.path)));
