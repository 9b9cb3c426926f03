import { existsSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { describe, expect, test } from 'vitest'

const HOME = resolve(import.meta.dirname, '..')
const read = (path: string): string => readFileSync(join(HOME, path), 'utf8')

interface Lock {
  readonly packages: Readonly<Record<string, { readonly hasInstallScript?: boolean }>>
}
interface Manifest {
  readonly scripts?: Readonly<Record<string, string>>
  readonly allowScripts?: Readonly<Record<string, boolean>>
}

// Our own files, in the shapes that npm gives them.
const placesOf = (lock: string) =>
  Object.entries((JSON.parse(read(lock)) as Lock).packages).filter(([place]) => place !== '')
const places = placesOf('package-lock.json')
const { allowScripts = {} } = JSON.parse(read('package.json')) as Manifest
const nameOf = (place: string): string => place.slice(place.lastIndexOf('node_modules/') + 'node_modules/'.length)

describe('no dependency runs anything when it is installed', () => {
  test('each that would is refused by name, and none is allowed', () => {
    const wishing = places.filter(([, { hasInstallScript }]) => hasInstallScript).map(([place]) => nameOf(place))

    expect(Object.entries(allowScripts).filter(([, allowed]) => allowed)).toEqual([])
    expect(wishing.filter((name) => allowScripts[name] !== false)).toEqual([])
  })

  test('those of the documentation have no such wish', () => {
    expect(placesOf('bin/site/package-lock.json').filter(([, { hasInstallScript }]) => hasInstallScript)).toEqual([])
    expect((JSON.parse(read('package.json')) as Manifest).scripts?.['docs:site']).toContain(' --ignore-scripts ')
  })

  test('none has a script that the lock file does not tell of', () => {
    const hidden = places.filter(([place, { hasInstallScript = false }]) => {
      // Those for other machines are not installed here.
      if (hasInstallScript || !existsSync(join(HOME, place, 'package.json'))) return false
      const { scripts = {} } = JSON.parse(read(join(place, 'package.json'))) as Manifest
      // npm builds by itself what has a binding.gyp.
      return (
        ['preinstall', 'install', 'postinstall'].some((script) => script in scripts) ||
        existsSync(join(HOME, place, 'binding.gyp'))
      )
    })

    expect(hidden).toEqual([])
  })

  test.each(['bin/prepare.sh', 'bin/test.sh', '.ci/run', 'runbook'])('%s lets npm run none', (path) => {
    const commands =
      read(path)
        .replaceAll('\\\n', ' ')
        .match(/^.*\bnpm (?:ci|install|i)\b.*$/gm) ?? []

    expect(commands.filter((line) => !line.includes('--ignore-scripts') && !/^\s*(?:#|say )/.test(line))).toEqual([])
  })
})
