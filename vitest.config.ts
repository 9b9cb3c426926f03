import { defineConfig } from 'vitest/config'

// Tests on containers have hosts of their own but share two cores: after all the rest.
const onContainers = ['test/containers/**/*.test.ts']
// Each runbook on hosts of its own takes longer than all the rest: `npm run test:runbooks`.
const ofRunbooks = [
  'test/containers/{drain,guests,images,kernel,network,openstack,rhel}/*.test.ts',
  'test/containers/rehearsal/rehearse-all.test.ts',
]
// The controller killed at every moment that counts, and at random ones: `npm run test:kills`.
const ofKills = ['test/containers/kills/*.test.ts']
// It takes so many hosts that no other fit beside it.
const onManyContainers = ['test/containers/refusals.test.ts']

// Each boot of a virtual machine takes most of a minute: `npm run test:vm`.
const onMachines = ['test/vm/**/*.test.ts']

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
          exclude: [...onContainers, ...onMachines],
          testTimeout: 30_000,
          sequence: { groupOrder: 0 },
        },
      },
      {
        test: {
          ...withHosts,
          name: 'containers',
          include: onContainers,
          exclude: [...onManyContainers, ...ofRunbooks, ...ofKills],
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
