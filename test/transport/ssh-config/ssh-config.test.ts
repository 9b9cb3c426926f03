import { execFileSync } from 'node:child_process'
import { userInfo } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { askSsh } from '../../../src/transport/ssh-config/ask-ssh.ts'
import { makeSshConfig } from '../../../src/transport/ssh-config/ssh-config.ts'
import { countedSsh } from './counted-ssh.ts'

const ssh = countedSsh()
afterAll(() => ssh.remove())

const TEN_THOUSAND = 'hosts: { "hv-[0001-5000]": {}, "stor-[0001-5000]": {} }\nconnection: { sshConfig: CONFIG }\n'

/** Twenty patterns, which divide the hosts above into groups; the last lines are for all. */
const TWENTY_PATTERNS = [
  ...Array.from({ length: 9 }, (_, rack) => `Host hv-${rack}*\n  User rack${rack}\n`),
  ...Array.from({ length: 9 }, (_, rack) => `Host stor-${rack}*\n  Port 220${rack}\n`),
  'Host hv-0001 hv-0002\n  ProxyJump none\n',
  'Host *\n  HostName %h.example.net\n  IdentityFile ~/.ssh/fleet\n',
].join('')

describe('asking ssh about ten thousand hosts', () => {
  test('is done once for each way in which twenty patterns match, and once for what it says without them', async () => {
    const hosts = await ssh.resolve(TEN_THOUSAND, TWENTY_PATTERNS)

    // hv-0 to hv-4 with and without its two exceptions, hv-5000; stor-0 to stor-5, which are no others.
    const distinct = new Set(hosts.map(({ connection: { user, port } }) => `${user} ${port}`))
    expect(distinct.size).toBe(12)
    expect(ssh.calls()).toHaveLength(12 + 1 + 1)
    expect(hosts.slice(-1)).toMatchObject([
      { name: 'stor-5000', connection: { address: 'stor-5000.example.net', port: 2205 } },
    ])
  })

  test('is not done where no pattern can match', async () => {
    const hosts = await ssh.resolve(TEN_THOUSAND, 'Host other-*\n  User other\nMatch host *.example.net\n  Port 23\n')

    expect(ssh.calls()).toEqual([])
    expect(hosts).toHaveLength(10_000)
  })

  test('is not done for what has no part in a connection', async () => {
    await ssh.resolve(TEN_THOUSAND, 'Host *\n  SendEnv LANG LC_*\n  HashKnownHosts yes\n  ForwardAgent no\n')

    expect(ssh.calls()).toEqual([])
  })

  test('is done for the hosts alone that a command is asked about, once each', async () => {
    const config = 'Match originalhost hv-000? exec "test %h = hv-0003"\n  User third\nHost *\n  Port 2222\n'
    const hosts = await ssh.resolve(TEN_THOUSAND, config)

    expect(hosts.filter(({ connection }) => connection.user === 'third').map(({ name }) => name)).toEqual(['hv-0003'])
    expect(ssh.calls()).toHaveLength(9 + 1 + 1)
  })

  test('is left to the operator where the inventory wants none of it', async () => {
    await ssh.resolve('hosts: { a: {} }\nconnection: { sshConfig: none }\n', 'Host *\n  Port 2222\n')

    expect(ssh.calls()).toEqual([])
  })
})

describe('what hosts share', () => {
  const NAMES = ['a', 'b1', 'b2', 'db-1', 'db-2', 'DB-3', 'web.example.net', '192.0.2.7', '192.0.2.8', 'x-y']

  test.each([
    ['patterns with exceptions', 'Host b* !b2\n  User bee\nHost *\n  User all\n'],
    ['a name made of the name', 'Host db-*\n  HostName %h.db.example.net\nMatch host *.db.example.net\n  Port 99\n'],
    ['a name that one host has and all could', 'Host a\n  HostName db-1\nHost db-*\n  HostName db-1\n  Port 7\n'],
    ['a literal beside a template', 'Host db-1\n  HostName db-1.x\nHost db-*\n  HostName %h.x\n'],
    ['paths with the name in them', 'Host db-*\n  IdentityFile ~/.ssh/%h\n  UserKnownHostsFile ~/k/%h ~/k2\n'],
    ['criteria', 'Match originalhost "b1,db-*" !user nobody\n  Port 5\nMatch all\n  User last\n'],
    ['a second reading', 'Host db-1\n  HostName web.example.net\nMatch final host *.net\n  Port 8\n'],
    ['quotes, equals signs and comments', 'Host="b1" "b2" # both\n  Port = 9\n'],
    ['capitals', 'Host DB-*\n  User capital\nHost db-*\n  User small\n'],
    ['included files', 'Host b*\n  Include FOLDER/part-*\nHost *\n  User all\n'],
    ['tags', 'Host db-1\n  User tagged\nMatch user tagged\n  Port 77\n'],
  ])('is the same as if ssh was asked for each, with %s', async (_what, text) => {
    ssh.write('part-1', 'Port 10\nHost b2\n  IdentityFile /k\n')
    const file = ssh.write('alike', text.replace('FOLDER', ssh.folder))
    const [together, alone] = [makeSshConfig(ssh.environment), () => makeSshConfig(ssh.environment)]

    for (const name of NAMES) {
      const shared = await together.says({ name }, file)

      expect({ name, ...shared }).toEqual({ name, ...(await alone().says({ name }, file)) })
      const answer = await askSsh({ name }, { file, environment: ssh.environment })
      expect([(shared.address ?? name).toLowerCase(), String(shared.port ?? 22)]).toEqual([
        answer.get('hostname')?.[0],
        answer.get('port')?.[0],
      ])
    }
  })
})

describe('a connection', () => {
  const resolved = async (yaml: string, config: string) =>
    new Map(
      (await ssh.resolve(`${yaml}connection: { sshConfig: CONFIG }\n`, config)).map((host) => [
        host.name,
        host.connection,
      ]),
    )

  test('is what ssh_config says of it', async () => {
    const hosts = await resolved(
      'hosts: { hv-01: {} }\n',
      [
        'Host hv-*',
        'HostName %h.example.net',
        'User ops',
        'Port 2222',
        'IdentityFile /keys/%r@%n',
        'IdentitiesOnly yes',
        'IdentityAgent /run/agent',
        'UserKnownHostsFile /known/%h',
        'GlobalKnownHostsFile none',
        'StrictHostKeyChecking accept-new',
        'HostKeyAlias fleet-%n',
      ].join('\n'),
    )

    expect(hosts.get('hv-01')).toEqual({
      address: 'hv-01.example.net',
      user: 'ops',
      port: 2222,
      identityFiles: ['/keys/ops@hv-01'],
      identitiesOnly: true,
      identityAgent: '/run/agent',
      knownHosts: ['/known/hv-01.example.net'],
      hostKeys: { kind: 'accept-new' },
      hostKeyAlias: 'fleet-hv-01',
      become: 'sudo',
      sshConfig: join(ssh.folder, 'config'),
    })
  })

  test('is what the inventory says, before that', async () => {
    const hosts = await ssh.resolve(
      'hosts: { hv-01: { address: 192.0.2.1, port: 22 } }\nconnection: { user: root, identity: /mine, hostKeys: strict, sshConfig: CONFIG, via: none }\n',
      'Host *\n  HostName other\n  User ops\n  Port 2222\n  IdentityFile /keys\n  StrictHostKeyChecking no\n  ProxyJump bastion\n',
    )

    expect(hosts[0]?.connection).toMatchObject({
      address: '192.0.2.1',
      user: 'root',
      port: 22,
      identityFiles: ['/mine'],
      hostKeys: { kind: 'strict' },
      become: 'none',
    })
    expect(hosts[0]?.connection.via).toBeUndefined()
  })

  test('has an address that is a name looked up as ssh does', async () => {
    const hosts = await resolved(
      'hosts: { hv-01: { address: rack7 } }\n',
      'Host rack7\n  HostName 192.0.2.7\nHost hv-01\n  Port 1\n',
    )

    expect(hosts.get('hv-01')).toMatchObject({ address: '192.0.2.7', port: 22 })
  })

  test('tells what only the system’s ssh can do', async () => {
    const hosts = await resolved(
      'hosts: { a: {}, b: {}, c: {}, d: {} }\n',
      'Host a\n  ProxyCommand nc %h %p\nHost b\n  CertificateFile /keys/%n-cert.pub\nHost c\n  PKCS11Provider /lib/p.so\nHost d\n  GSSAPIAuthentication yes\n',
    )

    expect([...hosts.values()].map(({ openssh }) => openssh)).toEqual([
      { proxyCommand: 'nc %h %p' },
      { certificateFiles: ['/keys/b-cert.pub'] },
      { pkcs11Provider: '/lib/p.so' },
      { gssapi: true },
    ])
  })

  test('tells that only a certificate authority is known for a host, by whatever file', async () => {
    const ca = ssh.write('ca', '@cert-authority *.example.net ssh-ed25519 AAAA\n')
    const plain = ssh.write('plain', 'known.example.net ssh-ed25519 AAAA\n')
    const hosts = await ssh.resolve(
      `hosts: { a.example.net: {}, known.example.net: {}, other: {} }\nconnection: { knownHosts: [${ca}, ${plain}], sshConfig: none }\n`,
      '',
    )

    expect(hosts.map(({ connection }) => connection.openssh)).toEqual([
      { hostCertificates: true },
      undefined,
      undefined,
    ])
  })

  test.each([
    ['a fault', 'Host *\n  Port 22\n  Prot 22\n', /config.*line 3: Bad configuration option: prot/],
    ['a file that is not closed', 'Host *\n  Port 22\n  IdentityFile "x\n', /config.*line 3/],
  ])('is refused for %s in ssh_config, in the words of ssh', async (_what, config, words) => {
    await expect(resolved('hosts: { a: {} }\n', config)).rejects.toMatchObject({
      name: 'UsageError',
      message: expect.stringMatching(words),
    })
  })
})

describe('without a file that the inventory names', () => {
  test('the operator\u2019s own file is asked before the machine\u2019s, and what they include', () => {
    const { homedir } = userInfo()
    const own = ssh.write('own', 'Include more/*\nHost hv-*\n  User mine\n')
    const more = ssh.write('more', 'Host hv-02\n  Port 2222\n')
    const system = ssh.write('system', 'Host *\n  User everybody\n  HostName %h.example.net\n')
    // Mounts that only this shell sees.
    const script = `set -e
mount --make-rprivate /
mount -t tmpfs tmpfs ${homedir}
mkdir -p ${homedir}/.ssh/more
cp ${own} ${homedir}/.ssh/config
cp ${more} ${homedir}/.ssh/more/part
mount --bind ${system} /etc/ssh/ssh_config
cd ${ssh.folder}
exec "$0" "$@"`
    const main = resolve(import.meta.dirname, '../../../src/main.ts')
    const words = [process.execPath, main, 'inventory', 'list', '-i', 'hv-01,hv-02,other']
    const env = { ...ssh.environment, PATH: '/usr/sbin:/usr/bin:/sbin:/bin', HOME: homedir }

    const listed = execFileSync('unshare', ['--mount', '/bin/sh', '-c', script, ...words], { encoding: 'utf8', env })

    expect(listed.trim().split('\n')).toEqual([
      'hv-01  mine@hv-01.example.net:22',
      'hv-02  mine@hv-02.example.net:2222',
      'other  everybody@other.example.net:22',
    ])
  })
})

describe('the way to a host', () => {
  const viaOf = async (yaml: string, config = '') => {
    const hosts = await ssh.resolve(yaml, config)
    return Object.fromEntries(
      hosts.map(({ name, connection: { via = [] } }) => [
        name,
        via.map((hop) => `${hop.user}@${hop.address}:${hop.port}`).join(' '),
      ]),
    )
  }

  test('goes through hosts of the inventory with their own connections and ways', async () => {
    const ways = await viaOf(
      [
        'hosts:',
        '  outer: { address: 192.0.2.1, connection: { user: gate, via: none } }',
        '  inner: { address: 10.0.0.1, port: 2200, connection: { user: gate, via: outer } }',
        '  hv-01: { address: 10.0.0.5, connection: { via: inner } }',
        'connection: { user: ops, sshConfig: none }',
      ].join('\n'),
    )

    expect(ways).toEqual({
      outer: '',
      inner: 'gate@192.0.2.1:22',
      'hv-01': 'gate@192.0.2.1:22 gate@10.0.0.1:2200',
    })
  })

  test('of a group goes straight to the member through which the others go', async () => {
    const ways = await viaOf(
      'hosts: { bastion: {}, inner: {}, hv-01: {} }\nconnection: { user: ops, via: [bastion, inner], sshConfig: none }\n',
    )

    expect(ways).toEqual({ bastion: '', inner: 'ops@bastion:22', 'hv-01': 'ops@bastion:22 ops@inner:22' })
  })

  test('is ProxyJump where the inventory says nothing, each hop by its own lines', async () => {
    const ways = await viaOf(
      'hosts: { hv-01: {} }\nconnection: { user: ops, sshConfig: CONFIG }\n',
      [
        'Host hv-*',
        'ProxyJump jump,gate@10.0.0.9:2201',
        'Host jump',
        'HostName 192.0.2.9',
        'User me',
        'Port 2200',
        'ProxyJump first@192.0.2.8',
      ].join('\n'),
    )

    expect(ways).toEqual({ 'hv-01': 'first@192.0.2.8:22 me@192.0.2.9:2200 gate@10.0.0.9:2201' })
  })

  test('may have an address that is nearly a host of the inventory', async () => {
    const ways = await viaOf(
      'hosts: { 10.0.0.1: { connection: { via: 10.0.0.2 } } }\nconnection: { user: ops, sshConfig: none }\n',
    )

    expect(Object.values(ways)).toEqual([expect.stringMatching(/^\S+@10\.0\.0\.2:22$/)])
  })

  test('takes keys and known hosts along to an address, but no fingerprint', async () => {
    const [host] = await ssh.resolve(
      `hosts: { a: {} }\nconnection: { via: 'ops@192.0.2.1', identity: /k, knownHosts: /known, hostKeys: { pinned: 'SHA256:${'x'.repeat(43)}' }, sshConfig: none }\n`,
      '',
    )

    expect(host?.connection.via).toEqual([
      {
        name: 'ops@192.0.2.1',
        address: '192.0.2.1',
        port: 22,
        user: 'ops',
        identityFiles: ['/k'],
        knownHosts: ['/known'],
        hostKeys: { kind: 'strict' },
        sshConfig: 'none',
      },
    ])
  })

  test.each([
    [
      'leads back to where it came from',
      'hosts: { a: { connection: { via: b } }, b: { connection: { via: a } } }\nconnection: { sshConfig: none }\n',
      'host a: its way leads back to a: a > b > a',
    ],
    [
      'names a host that is nearly one',
      'hosts: { a: { connection: { via: bastoin } }, bastion: {} }\nconnection: { sshConfig: none }\n',
      'host a: via bastoin is no host of the inventory. Did you mean "bastion"? An address is written as user@bastoin',
    ],
    [
      'has a port that is none',
      "hosts: { a: { connection: { via: 'b.example.net:70000' } } }\nconnection: { sshConfig: none }\n",
      'host a: "b.example.net:70000" is no machine on the way. Write user@address:port',
    ],
  ])('is refused when it %s', async (_what, yaml, fault) => {
    await expect(ssh.resolve(yaml, '')).rejects.toMatchObject({ faults: expect.arrayContaining([fault]) })
  })
})
