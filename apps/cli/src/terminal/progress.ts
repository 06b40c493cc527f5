import cliProgress from 'cli-progress';

/** Shows how far one step has come. */
export interface ProgressReporter {
  update(fraction: number, message: string): void;
  /** Ends the display with a last line. */
  done(message: string): void;
  /** Ends it after a failure. */
  stop(): void;
}

const LABEL_WIDTH = 10;

/** A bar on a terminal; elsewhere one plain line whenever the message or a tenth of the way has changed. */
export function createProgress(label: string, stream: NodeJS.WriteStream = process.stderr): ProgressReporter {
  return stream.isTTY ? bar(label, stream) : lines(label, stream);
}

function bar(label: string, stream: NodeJS.WriteStream): ProgressReporter {
  const display = new cliProgress.SingleBar(
    {
      format: `${label.padEnd(LABEL_WIDTH)} {bar} {percentage} %  {message}`,
      barCompleteChar: '█',
      barIncompleteChar: '░',
      barsize: 28,
      hideCursor: true,
      clearOnComplete: true,
      stream,
    },
    cliProgress.Presets.shades_classic,
  );
  display.start(1000, 0, { message: '' });
  let ended = false;
  const end = () => {
    if (!ended) display.stop();
    ended = true;
  };
  return {
    update: (fraction, message) =>
      display.update(Math.round(1000 * clamp(fraction)), { message: message.slice(0, 60) }),
    done: (message) => {
      end();
      stream.write(`${label.padEnd(LABEL_WIDTH)} ${message}\n`);
    },
    stop: end,
  };
}

function lines(label: string, stream: NodeJS.WriteStream): ProgressReporter {
  let lastTenth = -1;
  const write = (text: string) => stream.write(`${label.padEnd(LABEL_WIDTH)} ${text}\n`);
  return {
    update: (fraction, message) => {
      const tenth = Math.floor(10 * clamp(fraction));
      if (tenth <= lastTenth) return;
      lastTenth = tenth;
      write(`${String(Math.round(100 * clamp(fraction))).padStart(3)} %  ${message}`);
    },
    done: write,
    stop: () => {},
  };
}

const clamp = (fraction: number) => Math.min(1, Math.max(0, Number.isFinite(fraction) ? fraction : 0));
