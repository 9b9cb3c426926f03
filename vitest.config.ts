import { defineConfig } from 'vitest/config'

// Tests on containers have hosts of their own but share two cores: after all the rest.
const onContainers = ['test/containers/**/*.test.ts']
// Each runbook on hosts of its own takes longer than all the rest: `npm run test:runbooks`.
const ofRunbooks = [
  'test/containers/{drain,guests,images,kernel,network,openstack,rescue,rhel}/*.test.ts',
  'test/containers/rehearsal/*.test.ts',
]
// The controller killed at every moment that counts, and at random ones: `npm run test:kills`.
const ofKills = ['test/containers/kills/*.test.ts']
// Hundreds of faults in one run, a quarter of an hour: `npm run test:soak`.
const ofSoak = ['test/containers/soak/*.test.ts']
// It takes so many hosts that no other fit beside it.
const onManyContainers = ['test/containers/refusals.test.ts']

// The engine in every order of events: minutes of computing, and no host: `npm run test:model`.
const ofModel = ['test/model-check/whole/*.test.ts']

// Each boot of a virtual machine takes most of a minute: `npm run test:vm`.
const onMachines = ['test/vm/**/*.test.ts']

// Lines cut at every piece of a dialogue, and silent ones, which are noticed by waiting; odd hosts: `npm run test:faults`.
const ofFaults = ['test/faults/everywhere/*.test.ts', 'test/faults/{few-files,odd-hosts}.test.ts']

// A PostgreSQL server that crashes, and workers as processes of their own, killed and frozen for longer than their
// leases: `npm run test:fleet`.
const ofFleets = ['test/fleet/**/*.test.ts', 'test/journal/postgres-journal.test.ts']

const withHosts = {
  // Each test that runs beside others has hosts of its own.
  maxConcurrency: 20,
  testTimeout: 300_000,
  hookTimeout: 300_000,
  globalSetup: 'test/containers/engine.ts',
}

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'alone',
          include: ['test/**/*.test.ts'],
          exclude: [...onContainers, ...ofFaults, ...onMachines, ...ofModel, ...ofFleets],
          testTimeout: 30_000,
          // Of two cores vitest would leave one alone; half of these wait for a program, a server or a deadline.
          maxWorkers: 2,
          sequence: { groupOrder: 0 },
        },
      },
      {
        test: {
          ...withHosts,
          name: 'containers',
          include: onContainers,
          exclude: [...onManyContainers, ...ofRunbooks, ...ofKills, ...ofSoak],
          // They mostly wait for hosts to boot. More than two files at a time would want more hosts than fit.
          maxWorkers: 2,
          sequence: { groupOrder: 1 },
        },
      },
      {
        test: {
          ...withHosts,
          name: 'runbooks',
          include: ofRunbooks,
          maxWorkers: 2,
          sequence: { groupOrder: 3 },
        },
      },
      {
        test: {
          ...withHosts,
          name: 'kills',
          include: ofKills,
          maxWorkers: 2,
          sequence: { groupOrder: 3 },
        },
      },
      { test: { ...withHosts, name: 'soak', include: ofSoak, sequence: { groupOrder: 3 } } },
      { test: { name: 'model', include: ofModel, maxWorkers: 2, sequence: { groupOrder: 5 } } },
      {
        test: {
          name: 'fleet',
          include: ofFleets,
          testTimeout: 180_000,
          hookTimeout: 60_000,
          // Each has a server and workers of its own, and waits for leases to run out.
          maxWorkers: 2,
          sequence: { groupOrder: 3 },
        },
      },
      {
        test: {
          name: 'faults',
          include: ofFaults,
          testTimeout: 120_000,
          maxConcurrency: 10,
          sequence: { groupOrder: 3 },
        },
      },
      {
        test: {
          name: 'vm',
          include: onMachines,
          testTimeout: 900_000,
          hookTimeout: 900_000,
          maxWorkers: 2,
          globalSetup: 'test/vm/image.ts',
          sequence: { groupOrder: 4 },
        },
      },
      {
        test: { ...withHosts, name: 'many containers', include: onManyContainers, sequence: { groupOrder: 2 } },
      },
    ],
  },
})
