import { describe, expect, it } from 'vitest'

import { selectHosts } from '../../src/inventory/host-pattern.ts'
import { inventoryOf } from './inventory-text.ts'

const inventory = inventoryOf(`
hosts: { 'web-[1-5]': {}, 'db-[1-2]': {}, mail: {} }
groups:
  web: { hosts: ['web-[1-5]'] }
  db: { hosts: [db-1, db-2] }
  rack-a: { hosts: [web-1, web-2, db-1] }
  site: { children: [web, db] }
`)

const select = (pattern: string): string => selectHosts(inventory, pattern).join(' ')

describe('a pattern', () => {
  it.each([
    ['all', 'web-1 web-2 web-3 web-4 web-5 db-1 db-2 mail'],
    ['*', 'web-1 web-2 web-3 web-4 web-5 db-1 db-2 mail'],
    ['mail', 'mail'],
    ['db:mail', 'db-1 db-2 mail'],
    ['mail, db', 'db-1 db-2 mail'],
    ['site:&rack-a', 'web-1 web-2 db-1'],
    ['site:!rack-a', 'web-3 web-4 web-5 db-2'],
    ['!rack-a:site', 'web-3 web-4 web-5 db-2'],
    ['!web', 'db-1 db-2 mail'],
    ['&db:!db-1', 'db-2'],
    ['web:db:&rack-a:!web-2', 'web-1 db-1'],
    ['*-1', 'web-1 db-1'],
    ['web-?', 'web-1 web-2 web-3 web-4 web-5'],
    ['rack-*', 'web-1 web-2 db-1'],
    ['web-[24]*', 'web-2 web-4'],
    ['web-[!1-4]*', 'web-5'],
    ['web-[2-4]', 'web-2 web-3 web-4'],
    ['~web-[45]|mail', 'web-4 web-5 mail'],
    ['~(web|db)-1:&db', 'db-1'],
    ['all:!~web', 'db-1 db-2 mail'],
    ['web[0]', 'web-1'],
    ['web[-1]', 'web-5'],
    ['web[0:2]', 'web-1 web-2 web-3'],
    ['web[3:]', 'web-4 web-5'],
    ['web[:1]', 'web-1 web-2'],
    ['web[-2:]', 'web-4 web-5'],
    ['w*[1]:mail', 'web-2 mail'],
    ['web:!web[0]', 'web-2 web-3 web-4 web-5'],
  ])('%s selects %s', (pattern, hosts) => {
    const selected = select(pattern)

    expect(selected).toBe(hosts)
  })

  it('takes the lines of a file as patterns', () => {
    const linesOf = (path: string) => [`# from ${path}`, 'db-1', '', '  mail ', '!db']

    const selected = selectHosts(inventory, '@retry.txt:web-1', linesOf)

    expect(selected).toEqual(['web-1', 'mail'])
  })

  const groups = 'Groups: all, web, db, rack-a, site.'

  it.each([
    ['webs', `inventory prod: "webs" is no host and no group. ${groups} Did you mean "web"?`],
    ['all:!mial', `inventory prod: "mial" is no host and no group. ${groups} Did you mean "mail"?`],
    ['web-[4-6]', `inventory prod: "web-6" is no host and no group. ${groups} Did you mean "web-1"?`],
    ['zzz*', `the pattern "zzz*" matches no host. ${groups}`],
    ['web:!web', `the pattern "web:!web" matches no host. ${groups}`],
    ['web[7]', '"web[7]": web has 5 hosts, counted from 0, and none there'],
    ['~(', /^"\(" is no regular expression: /],
    ['@hosts.txt', 'the pattern names the file @hosts.txt, which cannot be read here'],
  ])('%s is refused', (pattern, message) => {
    expect(() => select(pattern)).toThrow(message)
  })

  it('is told how groups are made where there are none', () => {
    const bare = { ...inventory, groups: new Map([['all', ['web-1']]]) }

    expect(() => selectHosts(bare, 'hypervisors')).toThrow(
      'It has no group but all; groups are written into a file: inventory/NAME.yaml with `groups: {web: {hosts: [web-1]}}`.',
    )
  })

  it('in a file cannot name another file', () => {
    const linesOf = () => ['@again']

    expect(() => selectHosts(inventory, '@again', linesOf)).toThrow('a file of hosts cannot name another file (@again)')
  })
})
