/** The parts of the checkout's package.json that the package's own one is made of. */
interface Manifest {
  readonly name: string
  readonly version: string
  readonly description: string
  readonly license: string
  readonly engines: object
  readonly bin: Readonly<Record<string, string>>
  readonly man: string
  readonly exports: Readonly<Record<string, string>>
  readonly dependencies: object
  readonly optionalDependencies: object
}

/**
 * package.json of the package: without scripts and what only a checkout needs, and its doors lead to compiled code. No
 * list of files: the folder holds what the package holds and nothing else.
 */
export function manifestOf(own: Manifest): object {
  const { name, version, description, license, engines, man, dependencies, optionalDependencies } = own
  const doors = Object.entries(own.exports).map(([door, path]) => [
    door,
    { types: path.replace(/\.ts$/, '.d.ts'), default: compiled(path) },
  ])
  return {
    name,
    version,
    description,
    license,
    type: 'module',
    engines,
    bin: Object.fromEntries(Object.entries(own.bin).map(([program, path]) => [program, compiled(path)])),
    man,
    exports: { ...Object.fromEntries(doors), './package.json': './package.json' },
    dependencies,
    optionalDependencies,
  }
}

const compiled = (path: string): string => path.replace(/\.ts$/, '.js')
