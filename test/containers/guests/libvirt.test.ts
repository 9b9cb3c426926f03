import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type ContainerSet, upHosts } from '../../../src/rehearsal/container-hosts.ts'
import type { ContainerHost } from '../../../src/rehearsal/hosts/container-host.ts'

const UUID = '6695eb01-f6a4-8304-79aa-97f2502e193f'
const POOL = '/sys/kernel/mm/hugepages/hugepages-2048kB'
const NOT_RUNNING =
  "error: Failed to destroy domain 'test'\nerror: Requested operation is not valid: domain is not running\n"

/** What virsh 9.0.0 of Debian 12 answered to these, in this order, over its test driver. */
const RECORDED: readonly (readonly [words: string, exitCode: number, stdout: string, stderr: string])[] = [
  ['--version', 0, '9.0.0\n', ''],
  ['list', 0, ' Id   Name   State\n----------------------\n 1    test   running\n\n', ''],
  ['list --uuid', 0, `${UUID}\n\n`, ''],
  ['list --all --uuid --name', 0, `${UUID} test\n\n`, ''],
  ['list --inactive', 0, ' Id   Name   State\n--------------------\n\n', ''],
  ['list --foo', 1, '', "error: command 'list' doesn't support option --foo\n"],
  ['frobnicate', 1, '', "error: unknown command: 'frobnicate'\n"],
  ['dumpxml', 1, '', "error: command 'dumpxml' requires <domain> option\n"],
  ['dominfo --domain nosuch', 1, '\n', "error: failed to get domain 'nosuch'\n"],
  ['domuuid test', 0, `${UUID}\n\n`, ''],
  [`domname ${UUID}`, 0, 'test\n\n', ''],
  ['domstate test', 0, 'running\n\n', ''],
  ['start test', 1, '\n', 'error: Domain is already active\n'],
  ['numatune test', 0, 'numa_mode      : strict\nnuma_nodeset   : \n\n', ''],
  [
    '-r destroy test',
    1,
    '\n',
    "error: Failed to destroy domain 'test'\nerror: operation forbidden: read only access prevents virDomainDestroy\n",
  ],
  ['define nofile.xml', 1, '\n', "error: Failed to open file 'nofile.xml': No such file or directory\n"],
  ['destroy test', 0, "Domain 'test' destroyed\n\n", ''],
  ['domstate test --reason', 0, 'shut off (destroyed)\n\n', ''],
  ['list --all', 0, ' Id   Name   State\n-----------------------\n -    test   shut off\n\n', ''],
  ['destroy test', 1, '\n', NOT_RUNNING],
  ['domid test', 0, '-\n\n', ''],
  ['start test', 0, "Domain 'test' started\n\n", ''],
  ['domstate test --reason', 0, 'running (booted)\n\n', ''],
  ['shutdown test', 0, "Domain 'test' is being shutdown\n\n", ''],
]

describe('the libvirt of a test host', () => {
  let set: ContainerSet
  let host: ContainerHost
  const tell = async (script: string) => (await host.inside(script)).stdout
  const waitFor = (script: string) =>
    host.inside(`for i in $(seq 100); do ${script} && exit 0; sleep 0.1; done; exit 1`)
  /** Names, or gives up naming, pages in a guest's next description. */
  const define = (from: string, to: string) =>
    host.inside(
      `virsh dumpxml --inactive --security-info test | sed "s|${from}|${to}|" >/root/test.xml && virsh define --validate --file /root/test.xml`,
    )

  beforeAll(async () => {
    const guests = [{ name: 'test', uuid: UUID, memory: '256M', vcpus: 2 }] as const
    set = await upHosts({ count: 1, model: () => ({ guests }), say: () => {}, mayInstall: async () => true })
    host = set.hosts[0]!
  })

  afterAll(() => set?.down())

  it('says what the real virsh says, and ends as it does', async () => {
    const asked = RECORDED.map(([words]) => `virsh ${words} >o 2>e; echo $?; base64 -w0 o; echo; base64 -w0 e; echo`)
    const lines = (await tell(`mkdir /root/asked && cd /root/asked; ${asked.join('; ')}`)).split('\n')
    const text = (line = '') => Buffer.from(line, 'base64').toString()
    const answers = RECORDED.map(([words], at) => [
      words,
      Number(lines[at * 3]),
      text(lines[at * 3 + 1]),
      text(lines[at * 3 + 2]),
    ])

    expect(answers).toEqual(RECORDED)
    expect((await waitFor('[ "$(virsh domstate test --reason | head -1)" = "shut off (shutdown)" ]')).exitCode).toBe(0)
  })

  it('keeps what a guest is defined with apart from what it runs with, over its own restart and the reboot', async () => {
    await host.inside('virsh start test')

    await define('<vcpu', '<memoryBacking><hugepages/></memoryBacking><vcpu')

    const both = 'virsh dumpxml test | grep -c hugepages; virsh dumpxml --inactive test | grep -c hugepages'
    expect(await tell(both)).toBe('0\n1\n')
    await host.inside('systemctl restart libvirtd')
    expect(await tell(`virsh domstate test; ${both}`)).toBe('running\n\n0\n1\n')
    await host.powerCycle()
    await waitFor('virsh -r uri')
    expect(await tell(`virsh domstate test; ${both}`)).toBe('shut off\n\n1\n1\n')
  })

  it('starts a guest only on pages that are free, and gives them back when its process is gone', async () => {
    const pool = `cat ${POOL}/nr_hugepages ${POOL}/free_hugepages ${POOL}/surplus_hugepages`
    await host.inside(`echo 100 >${POOL}/nr_hugepages`)
    const refused = await host.inside('virsh start test')
    await host.inside(`echo 200 >${POOL}/nr_hugepages; virsh start test`)

    const taken = await tell(pool)
    const process = await tell(
      'p=$(cat /run/libvirt/qemu/test.pid); grep HugetlbPages /proc/$p/status; tr "\\0" " " </proc/$p/cmdline',
    )
    const shrunk = await tell(`echo 50 >${POOL}/nr_hugepages; ${pool}`)
    const freed = await tell(
      `kill -9 "$(cat /run/libvirt/qemu/test.pid)"; sleep 0.2; ${pool}; virsh domstate test --reason`,
    )

    expect(refused.stderr).toContain('unable to map backing store for guest RAM: Cannot allocate memory')
    expect(taken).toBe('200\n72\n0\n')
    expect(process).toMatch(/^HugetlbPages:\s+262144 kB\n\S+ \S*qemu-system-x86_64 -name guest=test,/)
    expect(shrunk).toBe('128\n0\n78\n')
    expect(freed).toBe('50\n50\n0\nshut off (crashed)\n\n')
  })

  it('refuses what QEMU cannot have, and keeps the secrets of a description to whoever may write', async () => {
    const refused = await define('<hugepages/>', "<hugepages/><source type='anonymous'/>")
    const unknown = await define('<vcpu', '<frob/><vcpu')

    expect(refused.stderr).toContain('hugepages are not allowed with anonymous memory source')
    expect(unknown.stderr).toContain('XML document failed to validate against schema')
    expect(
      await tell('virsh -r dumpxml test | grep -c passwd; virsh dumpxml --security-info test | grep -c passwd'),
    ).toBe('0\n1\n')
  })
})
