/** What `npm start` says to arguments: it takes none, since its settings are variables of the environment. */
import { parseCommandLine, runCommand } from './command.ts';

const usage = `Starts the service: GraphQL over HTTP, WebSockets and event streams, on port 4004.

  npm start
  PORT=8080 REDIS_URL=redis://localhost DATABASE_URL=postgres://localhost/dispatch npm start

  --help   this text

Settings are variables of the environment, or lines of a file .env in the folder that it is started in: .env.example has each
with what it is for, and npm run doctor says whether the service would work with them.

Ends on Ctrl-C and on SIGTERM, when its clients have been asked to come back.
Exit codes: 0 ended in order, 1 it could not start or not end in order, 2 the settings or the command line cannot be used.`;

await runCommand({
  usage,
  run(args) {
    parseCommandLine(args, {});
    return 0;
  },
});
