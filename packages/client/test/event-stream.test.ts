import { readEventStream, type StreamEvent } from '@gravity/client';
import { expect, test } from 'vitest';

async function read(...chunks: (string | Uint8Array)[]): Promise<StreamEvent[]> {
  async function* body() {
    for (const chunk of chunks) yield typeof chunk === 'string' ? new TextEncoder().encode(chunk) : chunk;
  }
  const events: StreamEvent[] = [];
  for await (const event of readEventStream(body())) events.push(event);
  return events;
}

// The examples of the WHATWG HTML standard, section 9.2.6 "Interpreting an event stream".
test('the data lines of one event are joined', async () => {
  expect(await read('data: YHOO\ndata: +2\ndata: 10\n\n')).toEqual([
    { event: 'message', data: 'YHOO\n+2\n10', id: undefined },
  ]);
});

test('comments are passed over, ids stay, one leading space is taken off', async () => {
  const events = await read(
    ': test stream\n\ndata: first event\nid: 1\n\ndata:second event\nid\n\ndata:  third event\n\n',
  );
  expect(events).toEqual([
    { event: 'message', data: 'first event', id: '1' },
    { event: 'message', data: 'second event', id: '' },
    { event: 'message', data: ' third event', id: '' },
  ]);
});

test('an event without its empty line is not given', async () => {
  expect(await read('data\n\ndata\ndata\n\ndata:')).toEqual([
    { event: 'message', data: '', id: undefined },
    { event: 'message', data: '\n', id: undefined },
  ]);
});

test('line ends and characters cut between chunks', async () => {
  const bytes = new TextEncoder().encode('event: log\r\ndata: 0.2 µm/s\r\n\r\n');
  const whole = await read(bytes);
  expect(whole).toEqual([{ event: 'log', data: '0.2 µm/s', id: undefined }]);
  for (let cut = 1; cut < bytes.length; cut++) {
    expect(await read(bytes.subarray(0, cut), bytes.subarray(cut))).toEqual(whole);
  }
});
