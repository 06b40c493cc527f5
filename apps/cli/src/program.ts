import { Command } from 'commander';
import { addCheckCommand } from './commands/check.js';
import { addClientCommands } from './commands/client-commands.js';
import { addCombineCommand } from './commands/combine.js';
import { addCompareCommand } from './commands/compare.js';
import { addConvertCommand } from './commands/convert.js';
import { addDemoCommand } from './commands/demo.js';
import { addOrbitCommand } from './commands/orbit.js';
import { addRecoverCommand } from './commands/recover.js';
import { addServeCommand } from './commands/serve.js';
import { addSimulateCommand } from './commands/simulate.js';
import { addWorkerCommand } from './commands/worker.js';

/** The `gravity` command with all it can do. */
export function createProgram(version: string): Command {
  const program = new Command('gravity')
    .description('From GRACE / GRACE-FO Level-1B files to gravity fields')
    .version(version)
    .showHelpAfterError('(gravity help <command> explains the options)');
  addServeCommand(program, version);
  addWorkerCommand(program, version);
  addDemoCommand(program, version);
  addSimulateCommand(program, version);
  addRecoverCommand(program, version);
  addOrbitCommand(program);
  addCombineCommand(program, version);
  addConvertCommand(program);
  addCompareCommand(program);
  addClientCommands(program);
  addCheckCommand(program);
  return program;
}
