import { openTestServer } from '../process/support.js';
import { describeArcMoves } from './arc-moves-contract.js';

describeArcMoves(openTestServer);
