/** Runs the module tests with dispatches that live in MS Despacho. */
import '../support/set-ups/ms-despacho.ts';
import '../modules/alert.test.ts';
import '../modules/connection.test.ts';
import '../modules/dispatch.test.ts';
import '../modules/dispatch-assignments.test.ts';
import '../modules/dispatch-streams.test.ts';
import '../modules/location.test.ts';
import '../modules/message.test.ts';
import '../modules/user.test.ts';
import '../modules/user-hidden.test.ts';
