import { THP_FOLDER } from '../../facts/kernel/transparent-pages.ts'
import type { KernelValue } from '../kernel/kernel-values.ts'

/** How transparent huge pages shall be; what is left out stays as it is. */
export interface ThpWish {
  readonly enabled: string
  readonly defrag: string
  readonly khugepagedDefrag?: 0 | 1 | undefined
  /** For guests whose memory is shared or a memfd. */
  readonly shmemEnabled?: string | undefined
}

/** The files of the kernel that a wish is about. */
export const thpValues = ({ enabled, defrag, khugepagedDefrag, shmemEnabled }: ThpWish): readonly KernelValue[] => [
  { path: `${THP_FOLDER}/enabled`, value: enabled },
  { path: `${THP_FOLDER}/defrag`, value: defrag },
  ...(khugepagedDefrag === undefined
    ? []
    : [{ path: `${THP_FOLDER}/khugepaged/defrag`, value: String(khugepagedDefrag) }]),
  ...(shmemEnabled === undefined ? [] : [{ path: `${THP_FOLDER}/shmem_enabled`, value: shmemEnabled }]),
]
