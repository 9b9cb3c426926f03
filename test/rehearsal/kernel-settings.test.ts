import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'

const LIBRARY = join(import.meta.dirname, '../../src/rehearsal/testhost/lib')
const PROGRAM = [
  'use KernelSettings qw(settled transparent_pages); use Processors qw(processors); use JSON::PP; local $/;',
  'my ($call, @words) = @{ decode_json(<STDIN>) };',
  'my %calls = (settled => sub { settled(@_[0 .. 2], sub { "performance powersave" }) },',
  '  processors => \\&processors, pages => sub { my ($files, @said) = transparent_pages(@_); return [$files->{enabled}, @said] });',
  'print JSON::PP->new->allow_nonref->encode($calls{$call}->(@words));',
].join(' ')

function ask<Result>(...question: readonly unknown[]): Result {
  const input = JSON.stringify(question)
  return JSON.parse(execFileSync('perl', ['-I', LIBRARY, '-e', PROGRAM], { input, encoding: 'utf8' })) as Result
}

describe('a file of the emulated kernel', () => {
  const WORDS = 'always [madvise] never\n'

  test.each([
    ['moves its brackets to the word', 'mm/transparent_hugepage/enabled', WORDS, 'never\n', 'always madvise [never]\n'],
    ['keeps its word where the kernel knows no such', 'mm/transparent_hugepage/enabled', WORDS, 'often\n', WORDS],
    [
      'knows the word of a writer that did not shorten it, as systemd-tmpfiles',
      'mm/transparent_hugepage/enabled',
      WORDS,
      'nevers [madvise] never\n',
      'always madvise [never]\n',
    ],
    [
      'knows it also where the text is as it was',
      'mm/transparent_hugepage/enabled',
      WORDS,
      WORDS,
      '[always] madvise never\n',
    ],
    [
      'takes a governor that is offered',
      'cpu/cpufreq/policy3/scaling_governor',
      'powersave\n',
      'performance\n',
      'performance\n',
    ],
    ['takes no other', 'cpu/cpufreq/policy3/scaling_governor', 'powersave\n', 'ondemand\n', 'powersave\n'],
    ['takes a number within its bounds', 'vm/swappiness', '60\n', '1\n', '1\n'],
    ['takes none beyond', 'vm/swappiness', '60\n', '201\n', '60\n'],
    ['takes nothing where it can only be read', 'cpu/isolated', '\n', '2-3\n', '\n'],
    ['keeps nothing where something is to be done', 'vm/drop_caches', '', '3\n', ''],
  ])('%s', (_title, path, was, written, says) => {
    expect(ask('settled', path, was, written)).toBe(says)
  })
})

describe('transparent pages after a boot', () => {
  test('are as the kernel was built, or as its command line says', () => {
    const model = { transparentHugePages: 'madvise' }

    expect(ask('pages', 'quiet', model)).toEqual(['always [madvise] never\n'])
    expect(ask('pages', 'transparent_hugepage=never', model)).toEqual(['always madvise [never]\n'])
    expect(ask('pages', 'transparent_hugepage=often', model)).toEqual([
      'always [madvise] never\n',
      'transparent_hugepage= cannot parse, ignored',
    ])
  })
})

describe('processors after a boot', () => {
  interface Processors {
    readonly files: Readonly<Record<string, string>>
    readonly nodes: readonly { readonly cpulist: string; readonly cpumap: string }[]
    readonly messages: readonly string[]
  }
  const boot = (cmdline: string) =>
    ask<Processors>('processors', cmdline, {
      nodes: [{}, {}],
      cpus: { coresPerNode: 4, threads: 2 },
      cpufreq: 'intel_pstate',
    })
  const taken = ({ files, messages }: Processors) => [files.isolated, files.nohz_full, ...messages]

  test('lie on their nodes, two threads to a core', () => {
    const { files, nodes } = boot('quiet')

    expect([
      files.online,
      files['cpu9/topology/thread_siblings_list'],
      files['cpufreq/policy9/scaling_governor'],
    ]).toEqual(['0-15\n', '1,9\n', 'powersave\n'])
    expect(nodes).toEqual([
      { cpulist: '0-3,8-11\n', cpumap: '0f0f\n' },
      { cpulist: '4-7,12-15\n', cpumap: 'f0f0\n' },
    ])
  })

  test.each([
    ['none are taken out', 'quiet', ['\n', '(null)\n']],
    ['with flags', 'isolcpus=managed_irq,domain,2-3 nohz_full=2-3', ['2-3\n', '2-3\n']],
    ['without the flag that isolates', 'isolcpus=managed_irq,2-3', ['\n', '(null)\n']],
    ['that are too many lose those that there are not', 'isolcpus=14-20', ['14-15\n', '(null)\n']],
    [
      'that are no list',
      'isolcpus=2-',
      ['\n', '(null)\n', 'Housekeeping: nohz_full= or isolcpus= incorrect CPU range'],
    ],
    [
      'with a flag that nobody knows',
      'isolcpus=quick,2-3',
      ['2-3\n', '(null)\n', 'isolcpus: Skipped unknown flag quick'],
    ],
    [
      'that would be all of them',
      'isolcpus=0-15',
      ['1-15\n', '(null)\n', 'Housekeeping: must include one present CPU, using boot CPU:0'],
    ],
  ])('are isolated as the command line says: %s', (_title, cmdline, wanted) => {
    expect(taken(boot(cmdline))).toEqual(wanted)
  })
})
