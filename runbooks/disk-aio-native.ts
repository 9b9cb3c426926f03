import {
  cacheModesSuitNativeIo,
  configurationIsSound,
  defineRunbook,
  guardTexts,
  imagesPreallocated,
  instancesFitPreallocated,
  instancesOpenDirectly,
  novaCanGiveNativeIo,
  novaCompute,
  preallocationIsUnmanaged,
  restartLeft,
  restartUnit,
  sourcePatched,
  underUnit,
} from 'runbook'
import { z } from 'zod'
import { novaParameters } from './parameters/nova.ts'
import { path } from './parameters/values.ts'

const params = z.object({
  method: z
    .enum(['auto', 'preallocate', 'patch'])
    .default('auto')
    .describe('preallocate_images=space, two lines in the code of a nova before 14 (Newton), or what the host needs'),
  configPy: path('/usr/lib/python3/dist-packages/nova/virt/libvirt/config.py')
    .optional()
    .describe("nova's virt/libvirt/config.py where it cannot be found out"),
  ...novaParameters,
  convertRunning: z
    .literal(false, 'live guests are never rewritten; reboot them hard: openstack server reboot --hard SERVER')
    .default(false)
    .describe('Always false: running guests are listed and keep their disks until their next hard reboot'),
})

type Params = z.infer<typeof params>

export default defineRunbook<Params>({
  name: 'disk-aio-native',
  summary: "Give the disks of new guests Linux's native asynchronous I/O",
  about: {
    purpose:
      "Lets QEMU hand guest I/O to the kernel's asynchronous interface instead of a pool of threads. nova since Mitaka does so by itself for preallocated images; only older code is patched. Needs cache mode none or directsync.",
    changes: ["preallocate_images in nova's configuration, or two lines of an old nova", 'nova-compute is restarted'],
    guests: 'Running ones keep their disks until their next hard reboot.',
    undo: 'rollback RUN: the files as they were, nova-compute restarted.',
  },
  hosts: 'hypervisors',
  params,
  rollout: { batches: [1], maxFailed: 1 },
  onFailure: 'rollback',
  risks: ['new guests only', 'nova-compute is away for seconds', 'preallocation takes the whole virtual size at spawn'],
  steps: ({ method, restart, configPy, novaConf, novaUnit }) => {
    const nova = { service: underUnit(novaCompute, novaUnit), file: novaConf, method, configPy }
    const configured = [preallocationIsUnmanaged(nova), instancesFitPreallocated(nova), imagesPreallocated(nova)]
    return [
      configurationIsSound(nova),
      novaCanGiveNativeIo(nova),
      cacheModesSuitNativeIo(nova),
      instancesOpenDirectly(nova),
      ...(method === 'patch' ? [] : configured),
      ...(method === 'preallocate' ? [] : [sourcePatched(nova)]),
      restart ? restartUnit({ id: 'nova-compute-started-after-edit', unit: nova.service }) : restartLeft(nova.service),
    ]
  },
  guards: guardTexts([
    'E_SERVICE_MISSING',
    'E_CONFIG_NOT_FOUND',
    'E_CONFIG_INVALID',
    'E_CONFIG_MANAGED',
    'E_NOVA_MISSING',
    'E_NOVA_AMBIGUOUS',
    'E_CONTAINERISED',
    'E_PATCH_UNNEEDED',
    'E_PATCH_ANCHOR',
    'E_PATCH_BROKEN',
    'E_PKG_OWNED',
    'E_CACHE_CONFLICT',
    'E_NO_O_DIRECT',
    'E_SPACE',
    'E_UNIT_NOT_STABLE',
  ]),
})
