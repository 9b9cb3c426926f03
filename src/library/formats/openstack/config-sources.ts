/** A file, or a folder of `*.conf` files, that a service reads. */
export interface ConfigSource {
  readonly kind: 'file' | 'folder'
  readonly path: string
}

/** What a service calls itself, which names its files. */
export interface OsloProgram {
  /** `nova` reads /etc/nova/nova.conf. */
  readonly project: string
  /** `nova-compute` reads /etc/nova/nova-compute.conf. */
  readonly program: string
}

/**
 * Where a service reads its configuration, in its order, by the rules of oslo.config: what the command line names comes
 * last; folders that it does not name are read before the files that it names. Some may not exist.
 *
 *     configSources({ project: 'nova', program: 'nova-compute' }, ['--config-file=/etc/nova/nova.conf'])
 *     // /etc/nova/nova.conf.d, /etc/nova/nova-compute.conf.d, /etc/nova/nova.conf
 */
export function configSources({ project, program }: OsloProgram, words: readonly string[]): readonly ConfigSource[] {
  const named = words.flatMap((word, index): readonly ConfigSource[] => {
    const [, kind, path = words[index + 1] ?? ''] = /^--config-(file|dir)(?:=(.*))?$/s.exec(word) ?? []
    if (kind === undefined || path === '') return []
    return [{ kind: kind === 'file' ? 'file' : 'folder', path }]
  })
  const usual = {
    file: [
      `/usr/share/${project}/${project}-dist.conf`,
      `/etc/${project}/${project}.conf`,
      `/etc/${project}/${program}.conf`,
    ],
    folder: [`/etc/${project}/${project}.conf.d`, `/etc/${project}/${program}.conf.d`],
  }
  const unnamed = (['file', 'folder'] as const).flatMap((kind) =>
    named.some((one) => one.kind === kind) ? [] : usual[kind].map((path) => ({ kind, path })),
  )
  return [...unnamed, ...named]
}
