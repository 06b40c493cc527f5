// Writes until it is killed. Each line on stdout is a commit that was acknowledged.
import { copyRow, loadConfig, openDatabase } from '@gravity/server';

const [dataDir, round] = process.argv.slice(2);
const db = await openDatabase(loadConfig({}, { dataDir }));
const acknowledge = (line) => process.stdout.write(`${line}\n`);
acknowledge('open');
for (let i = 0; ; i++) {
  const jti = `${round}-${i}`;
  // One row by a statement of its own.
  await db.kysely
    .insertInto('revoked_tokens')
    .values({ jti: `single-${jti}`, expires_at: new Date() })
    .execute();
  acknowledge(`single-${jti}`);
  // Two rows in one transaction: both or none.
  await db.kysely.transaction().execute(async (transaction) => {
    await transaction
      .insertInto('revoked_tokens')
      .values({ jti: `first-${jti}`, expires_at: new Date() })
      .execute();
    await transaction
      .insertInto('revoked_tokens')
      .values({ jti: `second-${jti}`, expires_at: new Date() })
      .execute();
  });
  acknowledge(`first-${jti}`);
  // 2,000 rows by COPY: all or none.
  if (i % 5 === 4) {
    const rows = Array.from({ length: 2000 }, (_, n) => copyRow([`copy-${jti}-${n}`, new Date()]));
    await db.kysely
      .transaction()
      .execute((transaction) => db.copyIn(transaction, 'revoked_tokens', ['jti', 'expires_at'], rows));
    acknowledge(`copy-${jti}-0`);
  }
}
