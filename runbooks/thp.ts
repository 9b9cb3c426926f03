import {
  argumentsCanBeBooted,
  argumentsConfigured,
  bootMenu,
  COMMAND_LINE_GUARDS,
  containerKernel,
  defineRunbook,
  guardTexts,
  noOtherArguments,
  osFamilyIs,
  simpleArguments,
  THP_FILES,
  thpInForce,
  thpNeighbours,
  thpOffered,
  thpPersistent,
  tunedLeavesThpAlone,
} from 'runbook'
import { z } from 'zod'

const NAME = 'thp'

const params = z.object({
  enabled: z
    .enum(['always', 'madvise', 'never'])
    .default('always')
    .describe('Who gets transparent huge pages: everybody, whoever asks (QEMU does), nobody'),
  defrag: z
    .enum(['always', 'defer', 'defer+madvise', 'madvise', 'never'])
    .default('madvise')
    .describe('Who waits while the kernel makes room for a large page'),
  khugepagedDefrag: z.literal([0, 1]).optional().describe('Does khugepaged make room; left out, it stays as it is'),
  shmemEnabled: z
    .enum(['always', 'within_size', 'advise', 'never', 'deny', 'force'])
    .optional()
    .describe('The same for shared memory, for guests on memfd; left out, it stays as it is'),
  persist: z
    .enum(['tmpfiles', 'systemd-unit', 'kernel-cmdline', 'tuned'])
    .default('tmpfiles')
    .describe('What sets it at every boot; kernel-cmdline carries `enabled` alone'),
  alsoCmdline: z.boolean().default(false).describe('Name `enabled` on the kernel command line too, before any service'),
  listProcesses: z
    .boolean()
    .default(false)
    .describe('Say which processes have transparent pages: the kernel walks the page tables of each'),
})

type Params = z.infer<typeof params>

export default defineRunbook<Params>({
  name: NAME,
  summary: 'Set transparent huge pages, now and at every boot',
  about: {
    purpose:
      'Transparent huge pages need no reservation, and QEMU asks for them. Databases on the host itself may prefer madvise.',
    changes: [
      '/sys/kernel/mm/transparent_hugepage',
      'a file of tmpfiles.d, a unit or a kernel argument that sets it at every boot',
    ],
    guests: 'Nothing at once; memory that is mapped already is converted slowly.',
    undo: 'rollback RUN: the words that were in force, and the file as it was.',
  },
  hosts: 'hypervisors',
  params,
  risks: ['databases on the host may become slower with enabled=always'],
  steps: ({ persist, alsoCmdline, listProcesses, ...wish }) => {
    const token = simpleArguments({
      runbook: NAME,
      topic: 'thp',
      values: { transparent_hugepage: wish.enabled },
    })
    const onCommandLine = persist === 'kernel-cmdline' || alsoCmdline
    return [
      ...(onCommandLine ? [osFamilyIs(['debian', 'rhel'])] : []),
      containerKernel('transparent-pages-in-force'),
      thpOffered(wish),
      ...(persist === 'tuned' ? [] : [tunedLeavesThpAlone(wish)]),
      ...(onCommandLine ? argumentsCanBeBooted(token) : []),
      thpNeighbours({ wish, own: THP_FILES, persist, listProcesses }),

      ...thpPersistent(wish, persist, NAME),
      ...(onCommandLine ? [noOtherArguments(token), argumentsConfigured(token), ...bootMenu(token)] : []),
      thpInForce(wish, persist),
    ]
  },
  guards: guardTexts([
    'E_CONTAINER_KERNEL',
    'E_THP_UNSUPPORTED',
    'E_THP_VALUE',
    'E_TUNED_MISSING',
    'E_KERNEL_FILE_MISSING',
    ...COMMAND_LINE_GUARDS,
  ]),
})
