import { Command } from 'commander';
import { addClientCommands } from './commands/client-commands.js';
import { addCompareCommand } from './commands/compare.js';
import { addConvertCommand } from './commands/convert.js';

/** The `gravity` command with all it can do. */
export function createProgram(version: string): Command {
  const program = new Command('gravity')
    .description('From GRACE / GRACE-FO Level-1B files to gravity fields')
    .version(version)
    .showHelpAfterError('(gravity help <command> explains the options)');
  addConvertCommand(program);
  addCompareCommand(program);
  addClientCommands(program);
  return program;
}
