// Of a Jest report: how many tests passed and how many failed in one line, then each that failed, with its file, in one of its own.
// A test file that could not even start is a failure of its own.
import { readFileSync } from 'node:fs';
import { relative } from 'node:path';

const report = JSON.parse(readFileSync(process.argv[2], 'utf8'));
console.log(report.numPassedTests, report.numFailedTests + report.numRuntimeErrorTestSuites);
for (const { name, status, assertionResults } of report.testResults) {
  const file = relative(process.cwd(), name);
  const failed = assertionResults.filter((test) => test.status === 'failed');
  for (const { fullName } of failed) console.log(`${file} › ${fullName}`);
  if (status === 'failed' && failed.length === 0) console.log(file);
}
