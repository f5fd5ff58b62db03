/** @type {import('jest').Config} */
export default {
  testEnvironment: 'node',
  testMatch: ['<rootDir>/test/**/*.test.ts'],
  extensionsToTreatAsEsm: ['.ts'],
  transform: { '\\.ts$': '<rootDir>/test/support/strip-types.js' },
  // Projects that tests make, with packages of the same names.
  modulePathIgnorePatterns: ['<rootDir>/.data/', '<rootDir>/packages/[^/]+/dist/'],
  coverageProvider: 'v8',
  collectCoverageFrom: ['src/**/*.ts', '!src/generated/**'],
  injectGlobals: false,
  testTimeout: 60_000,
  maxWorkers: 2,
  // Jest keeps the modules of every file it has run: 2.6 MB of heap for an empty one, 35 MB where the service is loaded. A
  // worker of a gigabyte takes longer to give it back than the half second after which Jest says that it did not exit.
  workerIdleMemoryLimit: '250MB',
};
