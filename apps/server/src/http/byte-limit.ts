import { Transform } from 'node:stream';
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
