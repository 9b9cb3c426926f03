import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { DockerEngine } from '../docker-engine.ts'
import { filesHash } from '../files-hash.ts'
import type { Flavour } from '../hosts/host-model.ts'
import { dockerApi } from './docker-api.ts'
import { localCommand } from './local-command.ts'
import { withLock } from './lock.ts'
import { type Consent, needPrograms } from './packages.ts'
import { daemonPlaces } from './places.ts'
import { told } from './progress.ts'

const BASE = 'runbook-base:bookworm'
const PROJECT = join(import.meta.dirname, '../../..')
const DOCKERFILE = join(PROJECT, 'Dockerfile.testhost')
const FILES = join(PROJECT, 'src/rehearsal/testhost')

/** Name of the test host image for the files as they are; built where it is missing. */
export async function testHostImage(engine: DockerEngine, flavour: Flavour, consent: Consent): Promise<string> {
  const name = `runbook-testhost-${flavour}:${await filesHash([DOCKERFILE, FILES])}`
  if (await exists(engine, name)) return name
  await withLock(`${daemonPlaces().folder}/images.lock`, async () => {
    if (await exists(engine, name)) return
    const base = await baseImage(engine, consent)
    const words = ['--network', 'host', '--build-arg', `BASE=${base}`, '--target', flavour, '--tag', name]
    await told(consent.say, `build the test host image, flavour ${flavour}`, () =>
      engine.docker(['build', ...words, '--file', DOCKERFILE, FILES], { deadline: '15m' }),
    )
    await removeOlderImages(engine)
  })
  return name
}

/** Name of Debian's base system: made from Debian's packages where that can be done, else pulled from the image registry. */
export async function baseImage(engine: DockerEngine, consent: Consent): Promise<string> {
  if (await exists(engine, BASE)) return BASE
  if (process.getuid?.() !== 0) {
    await told(consent.say, 'pull the Debian base image', async () => {
      await engine.docker(['pull', '--quiet', 'debian:bookworm-slim'], { deadline: '5m' })
      await engine.docker(['tag', 'debian:bookworm-slim', BASE])
    })
    return BASE
  }
  await needPrograms(['debootstrap'], consent)
  const folder = await mkdtemp(join(tmpdir(), 'runbook-base-'))
  try {
    await told(consent.say, 'make the Debian base image with debootstrap', () =>
      localCommand(['debootstrap', '--variant=minbase', 'bookworm', folder], { deadline: '15m' }),
    )
    await told(consent.say, 'import the Debian base image', async () => {
      const archive = join(folder, 'base.tar')
      await localCommand(
        ['tar', '--create', `--file=${archive}`, `--directory=${folder}`, '--exclude=./base.tar', '.'],
        {
          deadline: '5m',
        },
      )
      await engine.docker(['import', archive, BASE], { deadline: '5m' })
    })
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
  return BASE
}

async function exists(engine: DockerEngine, name: string): Promise<boolean> {
  return (await dockerApi(engine.socket, `/images/${name}/json`)) !== undefined
}

/** Images of earlier contents that no container uses; those of today may serve another checkout. */
async function removeOlderImages(engine: DockerEngine): Promise<void> {
  const older = ['--filter', 'label=runbook.testhost', '--filter', 'until=24h']
  await engine.docker(['image', 'prune', '--force', '--all', ...older], { deadline: '5m' })
}
