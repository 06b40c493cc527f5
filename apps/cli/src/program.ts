import { Command } from 'commander';
import { addAdminCommand } from './commands/admin.js';
import { addAuditCommand } from './commands/audit.js';
import { addCheckCommand } from './commands/check.js';
import { addClientCommands } from './commands/client-commands.js';
import { addCombineCommand } from './commands/combine.js';
import { addCompareCommand } from './commands/compare.js';
import { addConvertCommand } from './commands/convert.js';
import { addDemoCommand } from './commands/demo.js';
import { addFilterCommand } from './commands/filter.js';
import { addKeysCommand } from './commands/keys.js';
import { addOrbitCommand } from './commands/orbit.js';
import { addProvenanceCommands } from './commands/provenance.js';
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
  addFilterCommand(program);
  addCompareCommand(program);
  addClientCommands(program);
  addProvenanceCommands(program);
  addCheckCommand(program);
  addAdminCommand(program);
  addKeysCommand(program);
  addAuditCommand(program);
  return program;
}
