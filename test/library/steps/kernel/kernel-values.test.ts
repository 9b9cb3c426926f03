import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { perCpuValues } from '../../../../src/library/steps/cpu-power/per-cpu-values.ts'
import { kernelValues, writeValues } from '../../../../src/library/steps/kernel/kernel-values.ts'
import { defineRunbook } from '../../../../src/model/runbook.ts'
import type { Step } from '../../../../src/model/step.ts'
import { fakeHost, memoryJournal, planOn, rollbackOn, runOn } from '../../../../src/testing.ts'
import { kernelPrograms } from '../../../runbooks/fake-kernel-files.ts'
import { inShell } from '../../in-shell.ts'

const KSM = '/sys/kernel/mm/ksm/run'
const GOVERNOR = '/sys/devices/system/cpu'

const runbookOf = (step: Step) =>
  defineRunbook({ name: 'values', summary: 'Set values', hosts: 'all', params: z.object({}), steps: () => [step] })

describe('values of the kernel', () => {
  it('are written by one command that a real shell understands, and that fails when one of them cannot be written', () => {
    const command = writeValues([
      { path: KSM, value: '2' },
      { path: '/sys/kernel/mm/folder', value: 'x' },
      { path: '/sys/b', value: 'it is' },
    ]).text

    const answer = inShell(`(${command}) 2>/dev/null; echo "$?"; cat ${KSM} /sys/b`, ['/sys'], {
      [KSM]: '1\n',
      '/sys/kernel/mm/folder': null,
      '/sys/b': '',
    })

    expect(answer.stdout).toBe('1\n2\nit is\n')
  })

  it('that the kernel does not take fail the step', async () => {
    const host = fakeHost({ files: { '/sys/a': '[x] y\n' }, commands: kernelPrograms() })

    const { report } = await runOn(
      runbookOf(kernelValues({ id: 'a-is-z', values: [{ path: '/sys/a', value: 'z' }] })),
      {},
      [host],
    )

    expect(report.hosts[0]).toMatchObject({ result: 'failed', code: 'E_COMMAND_FAILED' })
  })

  it('of a file that this kernel does not have block the host', async () => {
    const step = kernelValues({ id: 'a-is-z', values: [{ path: '/sys/a', value: 'z' }] })

    const [plan] = await planOn(runbookOf(step), {}, [fakeHost({ commands: kernelPrograms() })])

    expect([plan?.code, plan?.text]).toEqual(['E_KERNEL_FILE_MISSING', 'the kernel of hv-01 has no /sys/a'])
  })
})

describe('values per CPU', () => {
  const files = Object.fromEntries(
    ['powersave', 'performance', 'schedutil', 'powersave'].map((word, cpu) => [
      `${GOVERNOR}/cpu${cpu}/cpufreq/scaling_governor`,
      `${word}\n`,
    ]),
  )
  const wish = async () => [{ file: 'cpufreq/scaling_governor', value: 'performance' }]
  const runbook = runbookOf(perCpuValues({ id: 'governor', values: wish }))

  it('are written only where they differ, and remembered as lists of CPUs', async () => {
    const host = fakeHost({ files, commands: kernelPrograms() })
    const journal = memoryJournal()

    const { rows } = await runOn(runbook, {}, [host], { journal })

    expect(rows.find((row) => row.type === 'intent')).toMatchObject({
      found: {
        before: [
          { file: 'cpufreq/scaling_governor', value: 'powersave', cpus: '0,3' },
          { file: 'cpufreq/scaling_governor', value: 'schedutil', cpus: '2' },
        ],
      },
    })
  })

  it('are written back by one command that a real shell understands', async () => {
    const host = fakeHost({ files, commands: kernelPrograms() })
    const journal = memoryJournal()
    await runOn(runbook, {}, [host], { journal })
    await rollbackOn(runbook, [host], { journal })
    const [forward = '', back = ''] = host.counters.changes
    const show = `cat ${GOVERNOR}/cpu[0-9]*/cpufreq/scaling_governor | tr '\\n' ' '`

    const answer = inShell(`(${forward}); ${show}; (${back}); ${show}`, ['/sys'], files)

    expect(answer).toEqual({
      exitCode: 0,
      stdout: 'performance performance performance performance powersave performance schedutil powersave ',
      stderr: '',
    })
  })
})
