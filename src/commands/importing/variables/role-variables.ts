import { existsSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'

import { readAnsibleYaml } from '../../../inventory/ansible/text/read-ansible-yaml.ts'
import { decodeText, readSource } from '../../../inventory/read-source.ts'
import { plain } from '../../../inventory/written/located.ts'
import type { Json } from '../../../model/json.ts'
import { isMap } from '../read-playbook.ts'

type Variables = Readonly<Record<string, Json>>

/** What a role says beside its tasks. */
export interface RoleVariables {
  /** Below the inventory. */
  readonly defaults: Variables
  /** Above it. */
  readonly vars: Variables
  /** Why they are not certain. */
  readonly doubt: string | null
}

/** Those of the role whose tasks lie in a folder; null where that is none of a role. */
export function roleVariables(folder: string): RoleVariables | null {
  if (basename(folder) !== 'tasks') return null
  const role = dirname(folder)
  const [defaults, vars, meta] = ['defaults', 'vars', 'meta'].map((kind) => read(join(role, kind)))
  const depends = meta && Array.isArray(meta.dependencies) ? meta.dependencies.length > 0 : meta?.dependencies != null
  const doubt =
    !defaults || !vars || !meta
      ? 'a file of the role that is not plain'
      : depends
        ? 'a role that this one depends on'
        : null
  return { defaults: defaults ?? {}, vars: vars ?? {}, doubt }
}

/** `main.yml` of a folder; null where there is more, or anything but a map. */
function read(folder: string): Variables | null {
  const found = ['main.yml', 'main.yaml', 'main.json', 'main'].map((name) => join(folder, name)).filter(existsSync)
  const [path] = found
  if (path === undefined) return {}
  if (found.length > 1 || !/\.ya?ml$/.test(path)) return null
  const faults: string[] = []
  const report = (_line: number, fault: string) => void faults.push(fault)
  const text = decodeText(readSource(path, path), report)
  const root = text === undefined ? undefined : readAnsibleYaml(text, { report, remark: () => {} })
  const value = root === undefined ? null : plain(root)
  if (faults.length > 0) return null
  return value === null ? {} : isMap(value) ? value : null
}
