/** Runs the module tests on PostgreSQL. */
import '../support/set-ups/postgres.ts';
import '../modules/alert.test.ts';
import '../modules/connection.test.ts';
import '../modules/dispatch.test.ts';
import '../modules/dispatch-assignments.test.ts';
import '../modules/dispatch-streams.test.ts';
import '../modules/location.test.ts';
import '../modules/message.test.ts';
import '../modules/message-channels.test.ts';
import '../modules/user.test.ts';
import '../modules/user-hidden.test.ts';
