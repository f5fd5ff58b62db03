// Prints how many tests of a Jest report passed, and how many failed. A test file that could not even start is a failure of its own.
import { readFileSync } from 'node:fs';

const report = JSON.parse(readFileSync(process.argv[2], 'utf8'));
console.log(report.numPassedTests, report.numFailedTests + report.numRuntimeErrorTestSuites);
