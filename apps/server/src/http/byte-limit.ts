import { finished, type Readable, Transform } from 'node:stream';
import { HttpError } from './errors.js';

/** Passes bytes through and fails with 413 as soon as there are more than allowed. */
export function byteLimit(maxBytes: number): Transform {
  let seen = 0;
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      seen += chunk.length;
      if (seen > maxBytes) done(new HttpError(413, `The body is larger than allowed (${maxBytes} bytes)`));
      else done(null, chunk);
    },
  });
}

/** Passes bytes through and fails with 413 or 400 when they are more or fewer than announced. */
export function exactBytes(bytes: number): Transform {
  let seen = 0;
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      seen += chunk.length;
      if (seen > bytes) done(new HttpError(413, `The body is larger than announced (${bytes} bytes)`));
      else done(null, chunk);
    },
    flush(done) {
      if (seen === bytes) done();
      else done(new HttpError(400, `The body has ${seen} of the ${bytes} bytes announced`));
    },
  });
}

const DRAIN_MILLISECONDS = 30_000;

/**
 * Sends a body through a limit. When the reader of the limit fails, the rest of the body is read away for a while: to
 * destroy it, as `pipeline` does, would cut the connection before the client has read the answer.
 */
export function limitBody(body: Readable, limit: Transform): Transform {
  finished(body, { writable: false }, (error) => {
    if (error) limit.destroy(error);
  });
  limit.once('close', () => {
    if (body.destroyed || body.readableEnded) return;
    body.unpipe(limit);
    body.resume();
    const timer = setTimeout(() => body.destroy(), DRAIN_MILLISECONDS);
    timer.unref();
    body.once('close', () => clearTimeout(timer));
    body.once('end', () => clearTimeout(timer));
  });
  return body.pipe(limit);
}
