import { describe, expect, it } from 'vitest'
import { domain } from '../../../../src/library/facts/instances/domain.ts'
import { novaCompute } from '../../../../src/library/facts/openstack/services.ts'
import { readDomain } from '../../../../src/library/formats/libvirt/domain.ts'
import { instanceDefined } from '../../../../src/library/steps/instances/instance-steps.ts'
import { type NovaFound, novaStopped } from '../../../../src/library/steps/instances/nova-stopped.ts'
import type { Command } from '../../../../src/model/command.ts'
import type { Session } from '../../../../src/model/probe.ts'
import { fixture } from '../../fixture.ts'
import { askShell, runInShell } from '../../shell-with.ts'

const GUEST = '6695eb01-f6a4-8304-79aa-97f2502e193f'
const DESCRIBED = fixture('virsh-9.0.0-domain.test-driver.debian-12').stdout
const XML = /--- next\n([\s\S]*)--- now/.exec(DESCRIBED)?.[1] ?? ''
const FOUND: NovaFound = {
  unit: 'nova-compute.service',
  active: true,
  stamp: 's1',
  instances: [{ uuid: GUEST, runs: true }],
  pages: 0,
}
const WISH = { instances: ['test'], pageSize: '2M', pages: 'auto', perNode: null, reserveExtra: 0 } as const
const bracket = novaStopped({ service: novaCompute, wish: WISH, backWithin: '30m' }, [])
const ROOT = { '/var/lib/runbook/owner': '' }

/** Programs that say what they are asked, as `systemctl stop nova-compute.service`. */
const says = (name: string, more = '') => `${more}\necho "${name} $*"`
const PROGRAMS = {
  virsh: says('virsh', `case $* in *dumpxml*) echo '<domain/>'; exit;; *domstate*) echo "shut off"; exit;; esac`),
  systemctl: says('systemctl'),
  logger: 'exit 0',
}

/** The command that a body sends to the host. */
async function commandOf(body: (host: Session) => Promise<unknown>, answers: Partial<Session> = {}): Promise<string> {
  let text = ''
  // A body of these steps only runs one command, and asks what is answered here.
  const host = { ...answers, run: async (command: Command) => (text = command.text) } as unknown as Session
  await body(host)
  return text
}

const said = ({ stdout }: { stdout: string }) => stdout.trim().split('\n')

describe('entering nova-compute-stopped', () => {
  const entering = commandOf((host) => bracket.enter(host, FOUND))

  it('keeps the descriptions, and only then stops the service', async () => {
    const answer = runInShell(`${await entering}; ls /var/lib/runbook/instances`, PROGRAMS, ROOT)

    expect(said(answer).slice(-4)).toEqual(['systemctl stop nova-compute.service', `${GUEST}.xml`, 'running', 'stamp'])
  })

  it('keeps the first descriptions when it is entered again for the same debt', async () => {
    const again = { ...PROGRAMS, virsh: says('virsh', "case $* in *dumpxml*) echo '<changed/>'; exit;; esac") }
    const files = {
      ...ROOT,
      '/var/lib/runbook/instances/stamp': 's1\n',
      [`/var/lib/runbook/instances/${GUEST}.xml`]: '<domain/>\n',
    }

    const answer = runInShell(`${await entering}; cat /var/lib/runbook/instances/*.xml`, again, files)

    expect(said(answer).at(-1)).toBe('<domain/>')
  })

  it('leaves the service running when a description cannot be had', async () => {
    const answer = runInShell(await entering, { ...PROGRAMS, virsh: 'exit 1' }, ROOT)

    expect([answer.exitCode, answer.stdout]).toEqual([1, expect.not.stringContaining('stop nova-compute.service')])
  })
})

describe('leaving nova-compute-stopped', () => {
  const leaving = commandOf((host) => bracket.leave(host, FOUND))

  it('starts a guest that is off as it was, then the service', async () => {
    const answer = runInShell(await leaving, PROGRAMS, ROOT)

    expect([answer.exitCode, said(answer)]).toEqual([
      0,
      [
        `virsh define /var/lib/runbook/instances/${GUEST}.xml`,
        `virsh start --domain ${GUEST}`,
        'systemctl start nova-compute.service',
        'systemctl is-active nova-compute.service',
      ],
    ])
  })

  it('leaves a guest alone that runs', async () => {
    const virsh = says('virsh', 'case $* in *domstate*) echo running; exit;; esac')

    const answer = runInShell(await leaving, { ...PROGRAMS, virsh }, ROOT)

    expect(said(answer)[0]).toBe('systemctl start nova-compute.service')
  })

  it('starts the service even where a guest does not start, and stays a debt', async () => {
    const virsh = `case $* in *domstate*) echo "shut off"; exit;; *start*) exit 1;; esac`

    const answer = runInShell(await leaving, { ...PROGRAMS, virsh }, ROOT)

    expect([answer.exitCode, said(answer)[0]]).toEqual([1, 'systemctl start nova-compute.service'])
  })

  it('waits for a guest that is just being started, and does not start it again', async () => {
    const virsh = says(
      'virsh',
      'case $* in *domstate*) if [ -e "$0.asked" ]; then echo "running (booted)"; else touch "$0.asked"; echo "paused (starting up)"; fi; exit;; esac',
    )

    const answer = runInShell(await leaving, { ...PROGRAMS, virsh, sleep: 'echo waits' }, ROOT)

    expect(said(answer).slice(0, 2)).toEqual(['waits', 'systemctl start nova-compute.service'])
  })

  it('is done with a guest that somebody took away, but not while libvirt is away', async () => {
    const gone = says('virsh', 'case $* in *domstate*) exit 1;; *uri*) exit 0;; esac')

    const answers = [gone, 'exit 1'].map(async (virsh) => runInShell(await leaving, { ...PROGRAMS, virsh }, ROOT))

    expect((await Promise.all(answers)).map(({ exitCode }) => exitCode)).toEqual([0, 1])
  })

  it('starts the service although libvirt hangs, once its time is over', async () => {
    const answer = runInShell(await leaving, { ...PROGRAMS, timeout: 'echo "gave up after $3"; exit 124' }, ROOT)

    expect([answer.exitCode, said(answer).slice(0, 2)]).toEqual([
      1,
      ['gave up after 8m', 'systemctl start nova-compute.service'],
    ])
  })

  it('starts no service that did not run', async () => {
    const command = await commandOf((host) => bracket.leave(host, { ...FOUND, active: false }))

    expect(runInShell(command, PROGRAMS, ROOT).stdout).not.toContain('systemctl start')
  })
})

describe('a guest is defined anew', () => {
  const defined = instanceDefined({ position: 1, name: 'test' }, WISH)
  // virsh ends its output with an empty line, as the real one does.
  const virsh = `case $1 in dumpxml) cat <<'END'\n${XML}END\n;; define) cat "$4";; esac`
  const described = readDomain(DESCRIBED)

  it('with its memory backing changed and nothing else', async () => {
    const states = [described, new Map([['Hugepagesize', 2097152]]), new Map()]
    const command = await commandOf((host) => defined.apply(host, { uuid: GUEST, before: null }), {
      ask: (async () => states.shift()) as Session['ask'],
    })

    const answer = runInShell(command, { virsh }, ROOT)

    const block = '<memoryBacking><hugepages/></memoryBacking>'
    expect([answer.exitCode, answer.stdout]).toEqual([0, XML.trimEnd().replace('</domain>', `${block}\n</domain>\n`)])
  })

  it('is not defined from a description that was cut off', async () => {
    const states = [described, new Map([['Hugepagesize', 2097152]]), new Map()]
    const command = await commandOf((host) => defined.apply(host, { uuid: GUEST, before: null }), {
      ask: (async () => states.shift()) as Session['ask'],
    })

    const answer = runInShell(command, { virsh: `case $1 in dumpxml) echo '<domain>';; define) cat "$4";; esac` }, ROOT)

    expect([answer.exitCode, answer.stdout]).toEqual([1, ''])
  })
})

describe('a guest', () => {
  it('is read from what virsh says of it', () => {
    expect(readDomain(DESCRIBED)).toMatchObject({
      name: 'test',
      uuid: GUEST,
      runs: true,
      persistent: true,
      managedSave: false,
      busy: false,
      memoryKib: 8388608,
      backing: { next: undefined, now: undefined },
      boundTo: null,
      nova: null,
    })
  })

  it('is none where libvirt has none, and an error where libvirt does not answer', () => {
    const missing = fixture('virsh-9.0.0-nosuch.test-driver.debian-12')
    const virsh = `case $* in *uri*) exit;; *) echo "${missing.stderr.trim()}" >&2; exit ${missing.exitCode};; esac`

    expect(askShell(domain('nosuch'), { virsh })).toBe(null)
    expect(() => askShell(domain('nosuch'), { virsh: 'exit 1' })).toThrow('libvirt does not answer')
  })
})
